import type {TestTimeAugmentation} from '../datasets/images/test-time-views.js';
import type {MemberScores} from './model-member.js';

/**
 * A class and its probability.
 *
 * @example
 * const [{className, probability}] = await model.classify('a.jpg');
 */
export interface Prediction {
  readonly className: string;
  /** Probability 0..1. The probabilities of all classes sum to 1. */
  readonly probability: number;
}

/**
 * Predictions for one image, most likely first.
 *
 * @example
 * const [best, ...others]: Predictions = await model.classify('a.jpg');
 */
export type Predictions = [Prediction, ...Prediction[]];

/**
 * Options of `classify`.
 *
 * @example
 * const options: ClassifyOptions = {top: 1, signal: AbortSignal.timeout(10_000)};
 * await model.classify('a.jpg', options);
 */
export interface ClassifyOptions {
  /** Number of most likely classes to return. Default: all. */
  readonly top?: number;
  /**
   * Test-time augmentation: the probabilities are means over views of the image. `flip`: the image and its mirror image. `ten-crop`: corners
   * and center, and their mirror images. Default: `none`.
   */
  readonly tta?: TestTimeAugmentation;
  /** Abort signal, checked between batches. */
  readonly signal?: AbortSignal;
}

/**
 * Predictions for an image that may be of none of the classes.
 *
 * @example
 * const {isUnknown, predictions}: Recognition = await model.recognize('a.jpg');
 * console.log(isUnknown ? 'none of the classes' : predictions[0].className);
 */
export interface Recognition {
  /** Whether the image is likely of none of the classes; null if the model cannot tell. */
  readonly isUnknown: boolean | null;
  /** How much the image is like those of the classes: below 0 it is unknown. Null if the model cannot tell. */
  readonly knownScore: number | null;
  /** Classes, most likely first, also of an unknown image. */
  readonly predictions: Predictions;
}

/** Predictions of each image, most likely first. Ties are ordered by class index, as in the metrics. */
export function rankClasses(
  classNames: readonly string[],
  probabilities: Float32Array,
  top: number,
): Predictions[] {
  const classes = classNames.length;
  return Array.from({length: probabilities.length / classes}, (_, row) => {
    const all = classNames.map((className, i) => ({
      className,
      probability: probabilities[row * classes + i]!,
    }));
    const [best, ...others] = all.sort((a, b) => b.probability - a.probability);
    return [best!, ...others.slice(0, top - 1)] satisfies Predictions;
  });
}

/** Mean score of the members for each image; undefined if a member has none. */
export function combineKnown(scores: readonly MemberScores[]): Float64Array | undefined {
  const known = scores.map(member => member.known);
  if (known.some(each => each === undefined)) return undefined;
  return known[0]!.map((_, i) => known.reduce((sum, each) => sum + each![i]!, 0) / known.length);
}

/** @param score score above the threshold, if the model can tell */
export const judgeKnown = (
  score: number | undefined,
): Pick<Recognition, 'isUnknown' | 'knownScore'> =>
  score === undefined
    ? {isUnknown: null, knownScore: null}
    : {isUnknown: score < 0, knownScore: score};
