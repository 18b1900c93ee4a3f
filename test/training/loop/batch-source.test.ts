import {expect} from 'chai';
import {
  withProgress,
  type InputBatch,
  type BatchSource,
} from '../../../src/training/loop/batch-source.js';

/** Inputs of labels alone. */
const inputs: BatchSource = {
  count: 9,
  async *batches(order, batchSize) {
    for (let start = 0; start < order.length; start += batchSize) {
      yield {labels: Int32Array.from(order.slice(start, start + batchSize))} as InputBatch;
    }
  },
};

describe('counted inputs', () => {
  it('are the same, and tell how many have been used once a batch has been', async () => {
    const said: string[] = [];
    const watched = withProgress(inputs, (done, total) => said.push(`${done} of ${total}`));
    expect(watched.count).to.equal(9);
    for await (const {labels} of watched.batches([8, 7, 6, 5, 4], 2, null))
      said.push(`got ${labels.join()}`);
    expect(said).to.deep.equal(['got 8,7', '2 of 5', 'got 6,5', '4 of 5', 'got 4', '5 of 5']);
  });
});
