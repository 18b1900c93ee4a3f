import {defineError, FinetuneError} from '../core/errors.js';
import {formatFixedPercent} from '../core/text/format-percent.js';

/** The accuracy is below `--assert-accuracy`. The metrics themselves are valid. */
export class AccuracyBelowThresholdError extends defineError(
  FinetuneError,
  'ACCURACY_BELOW_THRESHOLD',
  ({accuracy, threshold}: {accuracy: number; threshold: number}) =>
    `The accuracy is ${formatFixedPercent(accuracy)}, below the ${formatFixedPercent(threshold)} of --assert-accuracy.`,
) {
  override readonly exitCode = 5;
}

/** Fields to spread into a `CommandResult`: an error if the accuracy is below the threshold. */
export const checkAccuracy = (
  accuracy: number,
  threshold: number | undefined,
): {readonly error?: AccuracyBelowThresholdError} =>
  threshold !== undefined && accuracy < threshold
    ? {error: new AccuracyBelowThresholdError({accuracy, threshold})}
    : {};
