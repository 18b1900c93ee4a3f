import {expect} from 'chai';
import {ops} from '../../src/engine/current-ops.js';
import {portableOps} from '../../src/engine/ops-portable.js';
import {useEngine} from '../helpers/engine.js';
import {describeOperations} from '../helpers/operations.js';
import {PYTORCH_LOSSES, trainSmallNetwork} from '../helpers/small-network.js';

describe('Operations on wasm', () => {
  useEngine();

  it('are the portable ones', () => {
    expect(ops()).to.equal(portableOps);
  });

  describeOperations('wasm', portableOps);

  it('train a small network as PyTorch does', () => {
    trainSmallNetwork(portableOps).forEach((loss, step) => expect(loss).to.be.closeTo(PYTORCH_LOSSES[step]!, 1e-5));
  });
});
