import {FinetuneError} from '../core/errors.js';
import {formatFixedPercent} from './terminal/format.js';

/** `--assert-accuracy` was missed. What was measured stands. */
export class AccuracyBelowThresholdError extends FinetuneError {
  override readonly name = 'AccuracyBelowThresholdError';
  override readonly code = 'ACCURACY_BELOW_THRESHOLD';
  override readonly exitCode = 5;

  constructor(
    readonly accuracy: number,
    readonly threshold: number,
  ) {
    super(
      `Expected an accuracy of at least ${formatFixedPercent(threshold)} for --assert-accuracy, but found ${formatFixedPercent(accuracy)}.`,
    );
  }
}

/** To be spread into an outcome. */
export const checkAccuracy = (
  accuracy: number,
  threshold: number | undefined,
): {readonly error?: AccuracyBelowThresholdError} =>
  threshold !== undefined && accuracy < threshold
    ? {error: new AccuracyBelowThresholdError(accuracy, threshold)}
    : {};
