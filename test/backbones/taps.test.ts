import {expect} from 'chai';
import type {Interpreter} from '../../src/backbones/forward.js';
import {BlockBuilder, type Block, type FeatureMap} from '../../src/backbones/layers.js';
import {
  runTaps,
  tapBlocks,
  tapNames,
  tapNetwork,
  tappedLayers,
  UnknownTapError,
} from '../../src/backbones/taps.js';
import type {BackboneSpec} from '../../src/backbones/resnet-specs.js';

const RESNET50: BackboneSpec = {
  arch: 'resnet50',
  lastStage: 4,
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
};

/** Writes down what a network computes. */
const writer: Interpreter<string> = {
  conv: ({name}, x) => `${name}(${x})`,
  norm: ({name}, x) => `${name}(${x})`,
  relu: ({name}, x) => `${name}(${x})`,
  pad: ({name}, x) => `${name}(${x})`,
  maxPool: ({name}, x) => `${name}(${x})`,
  averagePool: ({name}, x) => `${name}(${x})`,
  padChannels: ({name}, x) => `${name}(${x})`,
  add: (_, a, b) => `(${a} + ${b})`,
  scope: block => block(),
};

/** A pre-activation network of two stages with one block each: `x + conv(relu(norm(x)))`, a last norm and relu behind them. */
function preActivationBlocks(): readonly Block[] {
  const stem = new BlockBuilder(0, 1e-5);
  let x: FeatureMap = stem.conv({name: 'images', channels: 3, reduction: 1}, 'stem', {
    ...{kernel: 3, channels: 4, stride: 2},
  });
  const blocks = [stem.build()];
  for (const group of [1, 2]) {
    const builder = new BlockBuilder(group, 1e-5);
    const active = builder.relu(builder.norm(x, `n${group}`), `r${group}`);
    x = builder.add(x, builder.conv(active, `c${group}`, {kernel: 3, channels: 4}), `a${group}`);
    blocks.push(builder.build());
  }
  const last = new BlockBuilder(2, 1e-5);
  last.relu(last.norm(x, 'n3'), 'r3');
  return [...blocks, last.build()];
}

describe('the taps of a network', () => {
  it('are the outputs of its stages, with the strides and channels of the paper', () => {
    const {taps} = tapNetwork(RESNET50, ['c5', 'c2', 'c4', 'c3']);
    expect(taps).to.deep.equal([
      {name: 'c2', layer: 'layer1.2.relu', channels: 256, stride: 4},
      {name: 'c3', layer: 'layer2.3.relu', channels: 512, stride: 8},
      {name: 'c4', layer: 'layer3.5.relu', channels: 1024, stride: 16},
      {name: 'c5', layer: 'layer4.2.relu', channels: 2048, stride: 32},
    ]);
  });

  it('end a network behind the last of them', () => {
    const layers = tappedLayers(tapNetwork(RESNET50, ['c2', 'c3']));
    expect(layers[0]!.name).to.equal('conv1');
    expect(layers.at(-1)!.name).to.equal('layer2.3.relu');
  });

  it('are those of the stages that a backbone has', () => {
    const cut = {...RESNET50, lastStage: 3} as const;
    expect(tapNames(cut)).to.deep.equal(['c2', 'c3', 'c4']);
    expect(() => tapNetwork(cut, ['c2', 'c5'])).to.throw(
      UnknownTapError,
      'resnet50 up to stage 3 has no feature map c5. Give some of c2, c3, c4.',
    );
    expect(() => tapNetwork(cut, [])).to.throw(
      UnknownTapError,
      'No feature map is named. Give some of c2, c3, c4.',
    );
  });

  it('are behind the next norm and relu in a pre-activation network', () => {
    const network = tapBlocks(preActivationBlocks(), ['c2', 'c3']);
    expect(network.taps.map(({layer}) => layer)).to.deep.equal(['r2', 'r3']);
    const stage1 = '(stem(x) + c1(r1(n1(stem(x)))))';
    expect([...runTaps(writer, network, 'x')]).to.deep.equal([
      ['c2', `r2(n2(${stage1}))`],
      ['c3', `r3(n3((${stage1} + c2(r2(n2(${stage1}))))))`],
    ]);
  });

  it('need no more of the next block than its norm and relu', () => {
    const network = tapBlocks(preActivationBlocks(), ['c2']);
    expect(tappedLayers(network).map(({name}) => name)).to.deep.equal([
      ...['stem', 'n1', 'r1', 'c1', 'a1', 'n2', 'r2'],
    ]);
    expect([...runTaps(writer, network, 'x').keys()]).to.deep.equal(['c2']);
  });

  it('are the sum where a pre-activation network is cut', () => {
    const cut = preActivationBlocks().filter(({group}) => group < 2);
    const network = tapBlocks(cut, ['c2']);
    expect(network.taps).to.deep.equal([{name: 'c2', layer: 'a1', channels: 4, stride: 2}]);
    expect([...runTaps(writer, network, 'x')]).to.deep.equal([
      ['c2', '(stem(x) + c1(r1(n1(stem(x)))))'],
    ]);
  });
});
