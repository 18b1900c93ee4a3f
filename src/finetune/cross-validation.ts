import type {Metrics} from '../training/metrics.js';
import {wilsonInterval} from '../training/wilson.js';

/** A mean over the folds, and how far they lie apart. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation over the folds: of the measure, not of its mean. */
  readonly deviation: number;
  /** In the order of the folds. */
  readonly values: readonly number[];
}

/** What the folds of a cross-validation say together. */
export interface CrossValidation {
  readonly folds: number;
  readonly accuracy: Spread;
  readonly balancedAccuracy: Spread;
  readonly macroF1: Spread;
  readonly loss: Spread;
  /** Of all images, each by the fold that did not train on it; Wilson's interval. */
  readonly pooled: {readonly count: number; readonly accuracy: number; readonly accuracyInterval95: readonly [low: number, high: number]};
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), values};
}

/** @param folds validation metrics, fold by fold */
export function crossValidation(folds: readonly Metrics[]): CrossValidation {
  const over = (measure: 'accuracy' | 'balancedAccuracy' | 'macroF1' | 'loss'): Spread => spreadOf(folds.map(fold => fold[measure]));
  const count = folds.reduce((sum, fold) => sum + fold.count, 0);
  const correct = folds.reduce((sum, fold) => sum + Math.round(fold.accuracy * fold.count), 0);
  return {
    folds: folds.length,
    accuracy: over('accuracy'),
    balancedAccuracy: over('balancedAccuracy'),
    macroF1: over('macroF1'),
    loss: over('loss'),
    pooled: {count, accuracy: correct / count, accuracyInterval95: wilsonInterval(correct, count)},
  };
}
