import {expect} from 'chai';
import {crossValidation, spreadOf} from '../../src/finetune/cross-validation.js';
import type {Metrics} from '../../src/training/metrics.js';

describe('a cross-validation', () => {
  it('has the mean and the sample standard deviation of its folds', () => {
    // numpy.std([0.9, 0.8, 1.0], ddof=1) = 0.1
    const {mean, deviation} = spreadOf([0.9, 0.8, 1]);
    expect(mean).to.be.closeTo(0.9, 1e-12);
    expect(deviation).to.be.closeTo(0.1, 1e-12);
    expect(spreadOf([0.5]).deviation).to.equal(0);
  });

  it('counts every image once', () => {
    const fold = (accuracy: number, count: number): Metrics =>
      ({accuracy, count, balancedAccuracy: accuracy, macroF1: accuracy, loss: 1}) as Metrics;
    const {pooled, folds} = crossValidation([fold(0.9, 10), fold(0.5, 30)]);
    expect(folds).to.equal(2);
    expect(pooled).to.deep.include({count: 40, accuracy: 24 / 40});
    expect(pooled.accuracyInterval95[0]).to.be.below(0.6).and.above(0.4);
  });
});
