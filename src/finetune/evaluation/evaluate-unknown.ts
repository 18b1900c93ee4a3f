import {defineError, throwIfAborted, UsageError} from '../../core/errors.js';
import type {TestTimeAugmentation} from '../../datasets/images/test-time-views.js';
import type {ExportedModel} from '../../export/exported-model.js';
import {combineKnown} from '../../export/recognition.js';
import {imagesPerBatch} from '../../export/score-images.js';
import {separation, type Separation} from '../../training/open-set/auroc.js';
import type {RunContext} from '../run/run-context.js';
import {readBatch} from './read-batch.js';

/** How well a model tells images of none of its classes. */
export interface UnknownEvaluation {
  /** Number of images of none of the classes. */
  readonly images: number;
  /** By the score of the model: how known images are. */
  readonly score: Separation;
  /** By the highest probability alone, for comparison. */
  readonly maxProbability: Separation;
  /** Fraction of images of the classes that the model takes for known. */
  readonly keptKnown: number;
  /** Fraction of images of none of the classes that the model takes for unknown. */
  readonly rejectedUnknown: number;
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
 * Measures how well a model tells images of none of its classes from images of them.
 * @throws NoOpenSetError; UsageError without a readable image; AbortedError
 */
export async function evaluateUnknown(
  model: ExportedModel,
  known: KnownScores,
  paths: readonly string[],
  tta: TestTimeAugmentation,
  run: RunContext,
): Promise<UnknownEvaluation> {
  if (known.known === undefined) throw new NoOpenSetError({directory: model.directory});
  const unknown = await scoreUnknown(model, paths, tta, run);
  if (unknown.maxProbability.length === 0)
    throw new UsageError(
      `None of the ${paths.length} unknown images is readable. Give images of none of the classes.`,
    );
  const scores = {known: known.known, unknown: unknown.known!};
  const fraction = (scores: readonly number[], holds: (score: number) => boolean): number =>
    scores.filter(holds).length / scores.length;
  return {
    images: scores.unknown.length,
    score: separation(scores.known, scores.unknown),
    maxProbability: separation(known.maxProbability, unknown.maxProbability),
    keptKnown: fraction(scores.known, score => score >= 0),
    rejectedUnknown: fraction(scores.unknown, score => score < 0),
  };
}
