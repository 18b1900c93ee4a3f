import {expect} from 'chai';
import fc from 'fast-check';
import {createRng} from '../../../src/core/rng.js';
import {
  chooseThreshold,
  crossFitThreshold,
  thresholdShares,
} from '../../../src/training/open-set/threshold.js';

const scores = (count: number, mean: number, stream: string): number[] => {
  const rng = createRng(5, stream);
  return Array.from({length: count}, () => mean + rng.normal());
};
const [KNOWN, UNKNOWN] = [scores(400, 0, 'known'), scores(300, -2, 'unknown')];
const sumOf = (threshold: number, known = KNOWN, unknown = UNKNOWN): number => {
  const {keptKnown, rejectedUnknown} = thresholdShares(known, unknown, threshold);
  return keptKnown + rejectedUnknown;
};

describe('the threshold of unknown images', () => {
  it('keeps the fraction of known images that it is asked for', () => {
    for (const fraction of [0.5, 0.8, 0.9, 0.95, 0.99]) {
      const threshold = chooseThreshold(KNOWN, UNKNOWN, fraction);
      expect(thresholdShares(KNOWN, UNKNOWN, threshold).keptKnown).to.be.closeTo(fraction, 1e-9);
    }
    const ten = [5, 1, 2, 3, 4, 6, 7, 8, 9, 10];
    expect(chooseThreshold(ten, [], 0.9)).to.equal(1.5);
    expect(chooseThreshold(ten, [], 0.95))
      .to.be.closeTo(1, 1e-6)
      .and.below(1);
  });

  it('is best in balance: no other keeps and rejects more together', () => {
    // sklearn.metrics.roc_curve, max(tpr - fpr), gives such a threshold; here every possible one is tried.
    fc.assert(
      fc.property(
        fc.array(fc.integer({min: -20, max: 20}), {minLength: 1, maxLength: 30}),
        fc.array(fc.integer({min: -20, max: 20}), {minLength: 1, maxLength: 30}),
        (known, unknown) => {
          const best = sumOf(chooseThreshold(known, unknown, 'balanced'), known, unknown);
          const others = [...known, ...unknown].flatMap(score => [score, score + 0.5]);
          for (const threshold of others)
            expect(sumOf(threshold, known, unknown)).to.be.at.most(best + 1e-12);
        },
      ),
      {seed: 1},
    );
  });

  it('lies in the middle of the gap between the kinds', () => {
    expect(chooseThreshold([3, 5, 4], [1, -2, 0], 'balanced')).to.equal(2);
    expect(chooseThreshold([3, 5], [9], 'balanced'))
      .to.be.closeTo(3, 1e-6)
      .and.below(3);
    // The two normal distributions are equally dense half way between their means.
    expect(chooseThreshold(KNOWN, UNKNOWN, 'balanced')).to.be.closeTo(-1, 0.25);
  });

  it('is cross-fitted near what new images get', () => {
    const [newKnown, newUnknown] = [scores(20_000, 0, 'more'), scores(20_000, -2, 'others')];
    for (const rule of [0.95, 'balanced'] as const) {
      const expected = thresholdShares(newKnown, newUnknown, chooseThreshold(KNOWN, UNKNOWN, rule));
      const {keptKnown, rejectedUnknown} = crossFitThreshold(KNOWN, UNKNOWN, rule);
      // Three standard errors of the shares of 400 and 300 images.
      expect(keptKnown).to.be.closeTo(expected.keptKnown, 0.06);
      expect(rejectedUnknown).to.be.closeTo(expected.rejectedUnknown, 0.08);
    }
  });

  it('is not judged on the images that it was chosen on', () => {
    // Without any difference between the kinds, the best threshold looks better than chance on its own images alone.
    const alike = Array.from({length: 40}, (_, i) => [
      scores(20, 0, `a${i}`),
      scores(20, 0, `b${i}`),
    ]);
    const mean = (of: (known: number[], unknown: number[]) => number): number =>
      alike.reduce((sum, [known, unknown]) => sum + of(known!, unknown!) / alike.length, 0);
    const own = mean((known, unknown) =>
      sumOf(chooseThreshold(known, unknown, 'balanced'), known, unknown),
    );
    const fitted = mean((known, unknown) => {
      const {keptKnown, rejectedUnknown} = crossFitThreshold(known, unknown, 'balanced');
      return keptKnown + rejectedUnknown;
    });
    expect(own).to.be.above(1.1);
    expect(fitted).to.be.within(0.85, 1.08);
  });
});
