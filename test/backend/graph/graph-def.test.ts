import {expect} from 'chai';
import {encodeSavedModel} from '../../../src/backend/graph/graph-def.js';

describe('a graph definition', () => {
  it('has as many nodes as the deepest network needs', () => {
    // A recorded step of resnet1202_c has more nodes than a function call may have arguments.
    const nodes = Array.from({length: 300_000}, (_, i) => ({
      name: `n${i}`,
      op: 'NoOp',
      inputs: [],
      attributes: {},
    }));
    const [all, half] = [encodeSavedModel(nodes), encodeSavedModel(nodes.slice(0, 150_000))];
    expect(all.length).to.be.above(1.9 * half.length);
    expect(all.includes('n299999')).to.be.true;
  });
});
