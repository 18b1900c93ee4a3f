import {UsageError} from '../../../core/errors.js';
import type {TestTimeAugmentation} from '../../../datasets/images/test-time-views.js';
import {
  assertWritableThreshold,
  writeUnknownThreshold,
} from '../../../export/record/unknown-threshold.js';
import type {ThresholdChoice} from '../../../finetune/evaluation/evaluate-unknown.js';
import {KEPT_FRACTION} from '../../../training/open-set/open-set.js';
import type {ThresholdRule} from '../../../training/open-set/threshold.js';

const FLAG = '--set-unknown-threshold';

/**
 * Reads `--set-unknown-threshold`, before anything is measured.
 * @param given the value; empty if the flag has none
 * @throws UsageError (exit 2) if the threshold cannot be chosen, or the model cannot have it
 */
export async function readThresholdRule(
  given: ThresholdRule | '' | undefined,
  [model, ...others]: readonly [string, ...string[]],
  {unknown, tta}: {readonly unknown?: string; readonly tta: TestTimeAugmentation},
): Promise<ThresholdRule | undefined> {
  if (given === undefined) return undefined;
  if (unknown === undefined)
    throw new UsageError(
      `${FLAG} measures what the threshold rejects. Add --unknown DIR, a folder of images of none of the classes.`,
    );
  if (tta !== 'none')
    throw new UsageError(
      `${FLAG} chooses a threshold for single views, and --tta ${tta} averages several. Leave out one.`,
    );
  if (others.length > 0)
    throw new UsageError(
      `${FLAG} changes one model, and ${1 + others.length} are given. Give one.`,
    );
  await assertWritableThreshold(model);
  return given === '' ? KEPT_FRACTION : given;
}

/** Writes a chosen threshold into an exported model. */
export const writeThresholdChoice = (
  model: string,
  {threshold, rule}: ThresholdChoice,
): Promise<void> => writeUnknownThreshold(model, {threshold, thresholdRule: rule});
