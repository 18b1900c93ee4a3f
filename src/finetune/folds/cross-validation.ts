import type {Metrics} from '../../training/metrics/metrics.js';
import {wilsonInterval} from '../../training/metrics/confidence-interval.js';

/** Mean over the folds and its spread. */
export interface FoldStatistics {
  readonly mean: number;
  /** Sample standard deviation over the folds. It describes the metric, not its mean. */
  readonly std: number;
  /** Values in the order of the folds. */
  readonly values: readonly number[];
}

/** Summary of the folds of a cross-validation. */
export interface CrossValidationSummary {
  readonly folds: number;
  readonly accuracy: FoldStatistics;
  readonly balancedAccuracy: FoldStatistics;
  readonly macroF1: FoldStatistics;
  readonly loss: FoldStatistics;
  /** Accuracy over all images, each predicted by the fold that did not train on it, with Wilson's interval. */
  readonly pooled: {
    readonly numImages: number;
    readonly accuracy: number;
    readonly accuracyCi95: readonly [low: number, high: number];
  };
}

export function computeFoldStatistics(values: readonly number[]): FoldStatistics {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {mean, std: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), values};
}

/** @param folds validation metrics of each fold, in order */
export function summarizeFolds(folds: readonly Metrics[]): CrossValidationSummary {
  const statisticsOf = (
    measure: 'accuracy' | 'balancedAccuracy' | 'macroF1' | 'loss',
  ): FoldStatistics => computeFoldStatistics(folds.map(fold => fold[measure]));
  const numImages = folds.reduce((sum, fold) => sum + fold.numImages, 0);
  const correct = folds.reduce((sum, fold) => sum + Math.round(fold.accuracy * fold.numImages), 0);
  return {
    folds: folds.length,
    accuracy: statisticsOf('accuracy'),
    balancedAccuracy: statisticsOf('balancedAccuracy'),
    macroF1: statisticsOf('macroF1'),
    loss: statisticsOf('loss'),
    pooled: {
      numImages,
      accuracy: correct / numImages,
      accuracyCi95: wilsonInterval(correct, numImages),
    },
  };
}
