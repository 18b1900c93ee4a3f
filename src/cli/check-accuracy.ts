import {defineError, FinetuneError} from '../core/errors.js';
import {formatFixedPercent} from './terminal/format.js';

/** `--assert-accuracy` was missed. What was measured stands. */
export class AccuracyBelowThresholdError extends defineError(
  FinetuneError,
  'ACCURACY_BELOW_THRESHOLD',
  ({accuracy, threshold}: {accuracy: number; threshold: number}) =>
    `Expected an accuracy of at least ${formatFixedPercent(threshold)} for --assert-accuracy, but found ${formatFixedPercent(accuracy)}.`,
) {
  override readonly exitCode = 5;
}

/** To be spread into an outcome. */
export const checkAccuracy = (
  accuracy: number,
  threshold: number | undefined,
): {readonly error?: AccuracyBelowThresholdError} =>
  threshold !== undefined && accuracy < threshold
    ? {error: new AccuracyBelowThresholdError({accuracy, threshold})}
    : {};
