import {UsageError} from '../core/errors.js';
import {
  TEST_TIME_AUGMENTATIONS,
  type TestTimeAugmentation,
} from '../datasets/images/test-time-views.js';
import {readModels} from '../export/ensemble/read-models.js';
import {VOTES, type Vote} from '../export/ensemble/vote.js';
import type {OptionTable} from '../finetune/options/option.js';

/** Options of the commands that classify with one model or several. */
export const INFERENCE_OPTIONS = {
  tta: {
    schema: {enum: TEST_TIME_AUGMENTATIONS},
    help: "average over views of an image: none, flip, or ten-crop (the paper's 10-crop test)",
    default: 'none',
  },
  vote: {
    schema: {enum: VOTES},
    help: 'how several models are combined: mean of probabilities, logits, or majority',
    defaultText: "mean, or the exported ensemble's own",
    example: 'logits',
  },
} as const satisfies OptionTable;

export interface InferenceValues {
  readonly tta: TestTimeAugmentation;
  readonly vote?: Vote;
}

/**
 * Reads the records of exported models before the backend starts and images are listed.
 * @throws InvalidModelError; ClassesDifferError, UsageError (exit 2) for a vote of one network
 */
export async function checkModels(
  directories: readonly [string, ...string[]],
  vote: Vote | undefined,
): Promise<void> {
  const {members} = await readModels(directories);
  if (vote !== undefined && members.length === 1)
    throw new UsageError(
      `--vote ${vote} combines several networks, and ${directories[0]} has one. Give several models, or leave out --vote.`,
    );
}
