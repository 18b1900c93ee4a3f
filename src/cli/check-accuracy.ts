import {defineError, FinetuneError} from '../core/errors.js';
import {formatFixedPercent} from './terminal/format.js';

/** `--assert-accuracy` was missed. What was measured stands. */
export class AccuracyBelowThresholdError extends defineError(
  FinetuneError,
  'ACCURACY_BELOW_THRESHOLD',
  ({accuracy, threshold}: {accuracy: number; threshold: number}) =>
    `The accuracy is ${formatFixedPercent(accuracy)}, below the ${formatFixedPercent(threshold)} of --assert-accuracy.`,
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
