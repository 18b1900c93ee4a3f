import {expect} from 'chai';
import {ops} from '../../src/backend/ops/current-ops.js';
import {portableOps} from '../../src/backend/ops/ops-portable.js';
import {useBackend} from '../helpers/backend.js';
import {describeOperations} from '../helpers/operations.js';
import {PYTORCH_LOSSES, trainSmallNetwork} from '../helpers/small-network.js';

describe('Operations on wasm', () => {
  useBackend();

  it('are the portable ones', () => {
    expect(ops()).to.equal(portableOps);
  });

  describeOperations('wasm', portableOps);

  it('train a small network as PyTorch does', () => {
    trainSmallNetwork(portableOps).forEach((loss, step) =>
      expect(loss).to.be.closeTo(PYTORCH_LOSSES[step]!, 1e-5),
    );
  });
});
