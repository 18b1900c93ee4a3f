import {expect} from 'chai';
import {warmupThenCosine} from '../../../src/training/loop/training-plan.js';

describe('warm-up, then a cosine', () => {
  const table: readonly (readonly [warmup: number, total: number, shares: readonly number[]])[] = [
    [2, 6, [0.5, 1, 1, 0.853553, 0.5, 0.146447]],
    [4, 8, [0.25, 0.5, 0.75, 1, 1, 0.853553, 0.5, 0.146447]],
    [0, 4, [1, 0.853553, 0.5, 0.146447]],
    [1, 1, [1]],
    [3, 3, [1 / 3, 2 / 3, 1]],
    [1, 2, [1, 1]],
  ];
  for (const [warmup, total, shares] of table) {
    it(`of ${warmup} and ${total} updates is ${shares.map(share => share.toFixed(2)).join(', ')}`, () => {
      const rate = warmupThenCosine(warmup, total);
      shares.forEach((share, step) =>
        expect(rate(step), `update ${step}`).to.be.closeTo(share, 1e-6),
      );
    });
  }

  it('ends at zero, never above one, never below zero', () => {
    const rate = warmupThenCosine(10, 100);
    expect(rate(100)).to.be.closeTo(0, 1e-12);
    for (let step = 0; step <= 100; step++) expect(rate(step)).to.be.within(0, 1);
  });
});
