import {FinetuneError} from '../core/errors.js';
import {percent} from './words.js';

/** `--assert-accuracy` was missed. What was measured stands. */
export class AccuracyMissedError extends FinetuneError {
  override readonly name = 'AccuracyMissedError';
  override readonly code = 'ACCURACY_MISSED';
  override readonly exitCode = 5;

  constructor(
    readonly accuracy: number,
    readonly demanded: number,
  ) {
    super(`Expected an accuracy of at least ${percent(demanded)} for --assert-accuracy, but found ${percent(accuracy)}.`);
  }
}

/** To be spread into an outcome. */
export const accuracyGate = (accuracy: number, demanded: number | undefined): {readonly error?: AccuracyMissedError} =>
  demanded !== undefined && accuracy < demanded ? {error: new AccuracyMissedError(accuracy, demanded)} : {};
