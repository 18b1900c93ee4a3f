import {expect} from 'chai';
import {warmupThenCosine, warmupThenSteps} from '../../../src/training/loop/lr-schedule.js';

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

describe('warm-up, then steps', () => {
  it('falls to a tenth at the half, and to a hundredth at three quarters of what follows the warm-up', () => {
    const rate = warmupThenSteps(2, 10);
    const shares = Array.from({length: 10}, (_, step) => rate(step));
    expect(shares).to.deep.equal([0.5, 1, 1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]);
  });

  it('has the drops of He et al. without a warm-up: 32,000 and 48,000 of 64,000 updates', () => {
    const rate = warmupThenSteps(0, 64_000);
    expect([0, 31_999, 32_000, 47_999, 48_000, 63_999].map(rate)).to.deep.equal([
      1, 1, 0.1, 0.1, 0.01, 0.01,
    ]);
  });
});
