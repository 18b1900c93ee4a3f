import {expect} from 'chai';
import {lowerToBfloat16} from '../../../src/backend/graph/bfloat16.js';
import {TF_DATA_TYPES, type} from '../../../src/backend/graph/binding.js';
import type {GraphNode} from '../../../src/backend/graph/graph-def.js';

const node = (name: string, op: string, ...inputs: readonly string[]): GraphNode => ({
  name,
  op,
  inputs,
  attributes: {T: type('float32')},
});

/** `name = op(inputs): type`, in the order of the graph. */
const reported = (nodes: readonly GraphNode[]): string[] =>
  nodes.map(({name, op, inputs, attributes}) => {
    const number = (attributes['DstT'] ?? attributes['T'])?.value;
    const element = Object.entries(TF_DATA_TYPES).find(([, value]) => value === number)?.[0];
    return `${name} = ${op}(${inputs.join()}): ${element}`;
  });

describe('a graph in bfloat16', () => {
  it('convolves in it, and widens what others take', () => {
    const nodes = [node('y', 'Conv2D', 'x:0', 'filter:0'), node('mean', 'Mean', 'y:0', 'axes:0')];
    expect(reported(lowerToBfloat16(nodes, 'p/'))).to.deep.equal([
      'p/cast0 = Cast(x:0): bfloat16',
      'p/cast1 = Cast(filter:0): bfloat16',
      'y = Conv2D(p/cast0:0,p/cast1:0): bfloat16',
      'p/cast2 = Cast(y:0): float32',
      'mean = Mean(p/cast2:0,axes:0): float32',
    ]);
  });

  it('stays in it from one convolution to the next', () => {
    const nodes = [
      node('a', 'Conv2D', 'x:0', 'f:0'),
      node('biased', 'BiasAdd', 'a:0', 'bias:0'),
      node('relu', 'Relu', 'biased:0'),
      node('b', 'Conv2D', 'relu:0', 'f:0'),
    ];
    expect(
      reported(lowerToBfloat16(nodes, '')).filter(line => line.includes('Cast')),
    ).to.deep.equal([
      'cast0 = Cast(x:0): bfloat16',
      'cast1 = Cast(f:0): bfloat16',
      'cast2 = Cast(bias:0): bfloat16',
    ]);
  });

  it('leaves sums and pools of float32 as they are', () => {
    const nodes = [
      node('sum', 'Add', 'a:0', 'b:0'),
      node('pool', 'MaxPool', 'sum:0'),
      node('product', 'MatMul', 'pool:0', 'w:0'),
    ];
    expect(lowerToBfloat16(nodes, '')).to.deep.equal(nodes);
  });

  it('keeps shapes, statistics and every further output of an op in their own types', () => {
    const nodes = [
      node('y', 'Conv2D', 'x:0', 'f:0'),
      node('norm', 'FusedBatchNormV3', 'y:0', 'gamma:0', 'beta:0', 'mean:0', 'variance:0'),
      node('slope', 'FusedBatchNormGradV3', 'dy:0', 'y:0', 'gamma:0', 'norm:3', 'norm:4', 'norm:5'),
      node('df', 'Conv2DBackpropFilter', 'x:0', 'sizes:0', 'slope:0'),
    ];
    const lines = reported(lowerToBfloat16(nodes, '')).filter(line => !line.includes('Cast'));
    expect(lines).to.deep.equal([
      'y = Conv2D(cast0:0,cast1:0): bfloat16',
      'norm = FusedBatchNormV3(y:0,gamma:0,beta:0,mean:0,variance:0): bfloat16',
      'slope = FusedBatchNormGradV3(cast2:0,y:0,gamma:0,norm:3,norm:4,norm:5): bfloat16',
      'df = Conv2DBackpropFilter(cast0:0,sizes:0,slope:0): bfloat16',
    ]);
  });

  it('leaves integers alone', () => {
    const integers = {...node('i', 'Add', 'a:0', 'b:0'), attributes: {T: type('int32')}};
    expect(lowerToBfloat16([integers], '')).to.deep.equal([integers]);
  });
});
