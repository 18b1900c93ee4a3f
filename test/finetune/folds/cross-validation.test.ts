import {expect} from 'chai';
import {
  summarizeFolds,
  computeFoldStatistics,
} from '../../../src/finetune/folds/cross-validation.js';
import type {Metrics} from '../../../src/training/metrics/metrics.js';

describe('a cross-validation', () => {
  it('has the mean and the sample standard deviation of its folds', () => {
    // numpy.std([0.9, 0.8, 1.0], ddof=1) = 0.1
    const {mean, std: deviation} = computeFoldStatistics([0.9, 0.8, 1]);
    expect(mean).to.be.closeTo(0.9, 1e-12);
    expect(deviation).to.be.closeTo(0.1, 1e-12);
    expect(computeFoldStatistics([0.5]).std).to.equal(0);
  });

  it('counts every image once', () => {
    const fold = (accuracy: number, count: number): Metrics =>
      ({
        accuracy,
        numImages: count,
        balancedAccuracy: accuracy,
        macroF1: accuracy,
        loss: 1,
      }) as Metrics;
    const {pooled, folds} = summarizeFolds([fold(0.9, 10), fold(0.5, 30)]);
    expect(folds).to.equal(2);
    expect(pooled).to.deep.include({numImages: 40, accuracy: 24 / 40});
    expect(pooled.accuracyCi95[0]).to.be.below(0.6).and.above(0.4);
  });
});
