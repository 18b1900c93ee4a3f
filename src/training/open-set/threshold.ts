import {lowerBound} from './auroc.js';

/** How the threshold of unknown images is chosen: the fraction of known images that it keeps, or `balanced`. */
export type ThresholdRule = number | 'balanced';

/** What a threshold does with images. */
export interface ThresholdShares {
  /** Fraction of images of the classes that are taken for known. */
  readonly keptKnown: number;
  /** Fraction of images of none of the classes that are taken for unknown. */
  readonly rejectedUnknown: number;
}

/** Fewer images tell too little about where a threshold belongs. */
export const MIN_THRESHOLD_IMAGES = 20;
const FOLDS = 5;
/** Allowance for rounding: `(1 - 0.9) * 10` is a little less than 1. */
const ROUNDING = 1e-9;

const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** A threshold that keeps one score, and not the next lower one: never the score itself, which rounding could reject. */
const thresholdBetween = (lower: number, kept: number): number =>
  lower > -Infinity && lower < kept ? (lower + kept) / 2 : kept - ROUNDING * (1 + Math.abs(kept));

/**
 * The threshold with the largest sum of kept known and rejected unknown images: Youden's J (https://doi.org/10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3).
 * Of equal ones, the lowest.
 */
function balancedThreshold(known: readonly number[], unknown: readonly number[]): number {
  let best = {shares: -Infinity, threshold: 0};
  known.forEach((score, i) => {
    const rejected = lowerBound(unknown, score);
    const shares = (known.length - i) / known.length + rejected / unknown.length;
    if (shares <= best.shares) return;
    const below = Math.max(known[i - 1] ?? -Infinity, unknown[rejected - 1] ?? -Infinity);
    best = {shares, threshold: thresholdBetween(below, score)};
  });
  return best.threshold;
}

/** Chooses the threshold of scores: an image is known from it on. @param known scores, at least one; likewise `unknown` */
export function chooseThreshold(
  known: readonly number[],
  unknown: readonly number[],
  rule: ThresholdRule,
): number {
  const sorted = ascending(known);
  if (rule === 'balanced') return balancedThreshold(sorted, ascending(unknown));
  const lowest = Math.floor((1 - rule) * known.length + ROUNDING);
  return thresholdBetween(sorted[lowest - 1] ?? -Infinity, sorted[lowest]!);
}

/** What a threshold does with these scores. */
export const thresholdShares = (
  known: readonly number[],
  unknown: readonly number[],
  threshold: number,
): ThresholdShares => ({
  keptKnown: known.filter(score => score >= threshold).length / known.length,
  rejectedUnknown: unknown.filter(score => score < threshold).length / unknown.length,
});

/** What a rule does with images that the threshold was not chosen on: each fifth of the images is judged by a threshold of the others. */
export function crossFitThreshold(
  known: readonly number[],
  unknown: readonly number[],
  rule: ThresholdRule,
): ThresholdShares {
  let [keptKnown, rejectedUnknown] = [0, 0];
  const foldOf = (scores: readonly number[], fold: number): [number[], number[]] => [
    scores.filter((_, i) => i % FOLDS === fold),
    scores.filter((_, i) => i % FOLDS !== fold),
  ];
  for (let fold = 0; fold < FOLDS; fold++) {
    const [ownKnown, otherKnown] = foldOf(known, fold);
    const [ownUnknown, otherUnknown] = foldOf(unknown, fold);
    const threshold = chooseThreshold(otherKnown, otherUnknown, rule);
    keptKnown += ownKnown.filter(score => score >= threshold).length;
    rejectedUnknown += ownUnknown.filter(score => score < threshold).length;
  }
  return {
    keptKnown: keptKnown / known.length,
    rejectedUnknown: rejectedUnknown / unknown.length,
  };
}
