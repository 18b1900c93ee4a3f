import {defineError, throwIfAborted, UsageError} from '../../core/errors.js';
import {formatCount} from '../../core/text/format-count.js';
import type {TestTimeAugmentation} from '../../datasets/images/test-time-views.js';
import type {ExportedModel} from '../../export/exported-model.js';
import {combineKnown} from '../../export/recognition.js';
import {imagesPerBatch} from '../../export/score-images.js';
import {separation, type Separation} from '../../training/open-set/auroc.js';
import {
  chooseThreshold,
  crossFitThreshold,
  MIN_THRESHOLD_IMAGES,
  thresholdShares,
  type ThresholdRule,
  type ThresholdShares,
} from '../../training/open-set/threshold.js';
import type {RunContext} from '../run/run-context.js';
import {readBatch} from './read-batch.js';

/** How well a model tells images of none of its classes, and what its own threshold does. */
export interface UnknownEvaluation extends ThresholdShares {
  /** Number of images of none of the classes. */
  readonly images: number;
  /** By the score of the model: how known images are. */
  readonly score: Separation;
  /** By the highest probability alone, for comparison. */
  readonly maxProbability: Separation;
  /** Threshold that a rule chooses on these images, if one was given. The model has it only after it was written. */
  readonly choice?: ThresholdChoice;
}

/** A threshold of unknown images. The shares are cross-fitted: each image is judged by a threshold that was chosen on others. */
export interface ThresholdChoice extends ThresholdShares {
  readonly rule: ThresholdRule;
  /** An image with a lower score is unknown. */
  readonly threshold: number;
  /** Threshold of the model. */
  readonly previous: number;
}

/** The model cannot tell unknown images. */
export class NoOpenSetError extends defineError(
  UsageError,
  'NO_OPEN_SET',
  ({directory}: {directory: string}) =>
    `The model in ${directory} cannot tell unknown images: it was exported by an earlier version, or with fewer than 20 validation images. Train again with more.`,
) {}

/** Scores of images, in their order. */
export interface KnownScores {
  /** Above 0 for known images; undefined if the model cannot tell. */
  readonly known: readonly number[] | undefined;
  readonly maxProbability: readonly number[];
}

/** Collects the scores of batches. */
export class KnownScoreCollector {
  readonly #known: number[] = [];
  readonly #maxProbability: number[] = [];
  #canTell = true;

  add(known: Float64Array | undefined, probabilities: Float32Array, classes: number): void {
    if (known === undefined) this.#canTell = false;
    else this.#known.push(...known);
    for (let start = 0; start < probabilities.length; start += classes)
      this.#maxProbability.push(Math.max(...probabilities.subarray(start, start + classes)));
  }

  result(): KnownScores {
    return {
      known: this.#canTell ? this.#known : undefined,
      maxProbability: this.#maxProbability,
    };
  }
}

/** Scores images of none of the classes. An unreadable image becomes a finding. */
async function scoreUnknown(
  model: ExportedModel,
  paths: readonly string[],
  tta: TestTimeAugmentation,
  run: RunContext,
): Promise<KnownScores> {
  const {members, classNames} = model;
  const collector = new KnownScoreCollector();
  const batchSize = imagesPerBatch(members, tta);
  for (let start = 0; start < paths.length; start += batchSize) {
    throwIfAborted(run.signal);
    const samples = paths
      .slice(start, start + batchSize)
      .map(path => ({path, name: path, label: 0}));
    const {images} = await readBatch(samples, new Map([[0, 0]]), model, tta, run);
    if (images.length === 0) continue;
    const scores = model.memberScores(images, tta);
    const probabilities = model.combine(scores.map(member => member.probabilities));
    collector.add(combineKnown(scores), probabilities, classNames.length);
    run.progress('evaluate', Math.min(start + batchSize, paths.length), paths.length, 'images', {
      step: 'unknown',
    });
  }
  return collector.result();
}

/**
 * Checks a model before anything is measured.
 * @throws NoOpenSetError; UsageError for a rule and an ensemble
 */
export function assertTellsUnknown(
  {members, directory}: Pick<ExportedModel, 'members' | 'directory'>,
  rule?: ThresholdRule,
): void {
  if (members.some(({record}) => record.openSet === undefined))
    throw new NoOpenSetError({directory});
  if (rule !== undefined && members.length > 1)
    throw new UsageError(
      `${directory} holds several networks, and each has a threshold of its own. Choose that of each.`,
    );
}

/**
 * Chooses a threshold on scores that are relative to that of the model.
 * @throws UsageError for too few images
 */
function choose(
  {members: [{record}]}: ExportedModel,
  known: readonly number[],
  unknown: readonly number[],
  rule: ThresholdRule,
): ThresholdChoice {
  const [what, count] =
    rule === 'balanced' && unknown.length < known.length
      ? ['unknown', unknown.length]
      : ['known', known.length];
  if (count < MIN_THRESHOLD_IMAGES)
    throw new UsageError(
      `A threshold cannot be chosen on ${formatCount(count, `${what} image`)}. Give at least ${MIN_THRESHOLD_IMAGES}.`,
    );
  const previous = record.openSet!.threshold;
  return {
    rule,
    threshold: previous + chooseThreshold(known, unknown, rule),
    previous,
    ...crossFitThreshold(known, unknown, rule),
  };
}

/**
 * Measures how well a model tells images of none of its classes from images of them. `assertTellsUnknown` has accepted the model.
 * @throws UsageError without a readable image; AbortedError
 */
export async function evaluateUnknown(
  model: ExportedModel,
  known: KnownScores,
  paths: readonly string[],
  tta: TestTimeAugmentation,
  run: RunContext,
  rule?: ThresholdRule,
): Promise<UnknownEvaluation> {
  const unknown = await scoreUnknown(model, paths, tta, run);
  if (unknown.maxProbability.length === 0)
    throw new UsageError(
      `None of the ${paths.length} unknown images is readable. Give images of none of the classes.`,
    );
  const scores = {known: known.known!, unknown: unknown.known!};
  return {
    images: scores.unknown.length,
    score: separation(scores.known, scores.unknown),
    maxProbability: separation(known.maxProbability, unknown.maxProbability),
    // Scores are relative to the threshold of the model.
    ...thresholdShares(scores.known, scores.unknown, 0),
    ...(rule !== undefined && {choice: choose(model, scores.known, scores.unknown, rule)}),
  };
}
