import {formatCount} from '../../core/text/format-count.js';
import type {Metrics} from '../../training/metrics/metrics.js';

/** What was measured on: `all` images of a folder, where it does not say which of them training saw. */
export type EvaluatedSplit = 'validation' | 'test' | 'all';

/** Below this many images one of them moves the accuracy by more than a fifth of a point. */
const LARGE_SAMPLE = 500;

/** What a reader must know before comparing accuracies of a small set; nothing where the set is large. */
export function smallSampleWarning(
  {numImages, accuracyCi95: [low, high]}: Metrics,
  set: EvaluatedSplit,
): string | undefined {
  if (numImages >= LARGE_SAMPLE) return undefined;
  const points = (fraction: number, digits: number): string => (100 * fraction).toFixed(digits);
  return (
    `${set === 'all' ? 'The folder' : `The ${set} set`} has ${formatCount(numImages, 'image')}, so one image is worth ${points(1 / numImages, 2)} points. ` +
    `Runs that differ by less than about ${points((high - low) / 2, 0)} points may differ by chance.`
  );
}
