import {bestCandidate, type HeadSolution, type L2Candidate} from './solve-head.js';

/** Training images below which a set is small: it carries the head and the last stage, not the whole network. */
export const SMALL_SET = 2000;

/**
 * Fraction of the errors of naming the largest class that a probe must avoid for its features to fit. Features of ImageNet avoid 0.61 to
 * 0.84 on photos, and 0.23 to 0.46 on the same photos with blocks or pixels moved, or as spectra (docs/freeze-schedules.md).
 */
const MIN_FIT = 0.5;

/** One of the four cases of transfer learning: a small or large set, of images that are like those of the pretraining or different. */
export interface TransferCase {
  readonly size: 'small' | 'large';
  readonly domain: 'similar' | 'different';
  /** Cross-validated accuracy of the probe on training images, 0..1. */
  readonly probeAccuracy: number;
  /** Accuracy of always naming the largest class, 0..1. */
  readonly baselineAccuracy: number;
  /** Fraction of the errors of `baselineAccuracy` that the probe avoids. */
  readonly fit: number;
}

export interface SolvedProbe extends Pick<HeadSolution, 'baselineAccuracy' | 'images'> {
  /** Scores of the strengths that were tried. */
  readonly candidates: readonly Pick<L2Candidate, 'loss' | 'accuracy'>[];
}

/** Judges the case of a dataset by a probe on frozen features: the size by its images, the domain by how well the features fit them. */
export function judgeTransferCase({
  candidates,
  baselineAccuracy,
  images,
}: SolvedProbe): TransferCase {
  const probeAccuracy = bestCandidate(candidates).accuracy;
  const fit =
    baselineAccuracy < 1 ? (probeAccuracy - baselineAccuracy) / (1 - baselineAccuracy) : 0;
  return {
    size: images < SMALL_SET ? 'small' : 'large',
    domain: fit >= MIN_FIT ? 'similar' : 'different',
    probeAccuracy,
    baselineAccuracy,
    fit,
  };
}
