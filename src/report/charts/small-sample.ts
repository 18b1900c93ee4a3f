import {formatCount} from '../../core/text/format-count.js';
import type {Metrics} from '../../training/metrics/metrics.js';

/** Evaluated images: a split, or `all` images of a folder that does not record which of them were used for training. */
export type EvaluatedSplit = 'validation' | 'test' | 'all';

/** Minimum size of a large sample. Below it, one image moves the accuracy by more than 0.2 percentage points. */
const LARGE_SAMPLE = 500;

/** A warning about comparing accuracies of a small sample; empty for a large one. */
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
