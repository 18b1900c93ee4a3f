import {groupBy} from '../../core/group-by.js';
import {assignFolds, type FoldImages} from './cross-validation-folds.js';
import type {FeatureMatrix} from './feature-matrix.js';
import {maxNorm, minimize, type Minimum} from './lbfgs.js';
import {
  evaluateRegression,
  regressionObjective,
  zeroPoint,
  type RegressionResult,
  type Targets,
} from './softmax-regression.js';

/** Ways to fit a head on cached features: to convergence, or in epochs of the optimizer. */
export const HEAD_SOLVERS = ['lbfgs', 'optimizer'] as const;
export type HeadSolverName = (typeof HEAD_SOLVERS)[number];

/** Strengths of L2 to choose from, strongest first. Each is tried from the solution of the one before. */
export const L2_STRENGTHS = [3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4] as const;

/** The loss is a smooth curve over the strengths, so two worse ones in a row end the search. */
const WORSE_STRENGTHS = 2;

/** Each fold holds out a fifth of the images. */
const FOLDS = 5;
/** As many folds are fitted as hold out this many images together: five up to 1,000 images, one from 5,000 on. */
const HELD_OUT_IMAGES = 1000;

/** Largest component of the gradient of the mean loss at a solution. scikit-learn's default is 1e-4. */
const TOLERANCE = 1e-5;
/** While strengths are compared. Their losses differ by far more than it changes them. */
const SEARCH_TOLERANCE = 1e-4;
const MAX_ITERATIONS = 1000;

/** Result of a strength of L2 on images that its fits did not see. */
export interface L2Candidate {
  readonly l2: number;
  /** Mean cross-entropy, weighted as in training. */
  readonly loss: number;
  /** Fraction 0..1. */
  readonly accuracy: number;
}

/** A solved linear head. */
export interface SolvedHead {
  /** `[classes, width]`, for features that are not standardized. */
  readonly weight: Float32Array;
  /** `[classes]` */
  readonly bias: Float32Array;
  readonly l2: number;
  /** Strengths that were tried, strongest first. */
  readonly candidates: readonly L2Candidate[];
  /** Number of folds that chose the strength. Each held out a fifth of the images. */
  readonly folds: number;
  /** Accuracy of always naming the largest class of the training images. Fraction 0..1. */
  readonly baselineAccuracy: number;
  readonly iterations: number;
  /** Largest component of the gradient at the solution. */
  readonly gradientNorm: number;
  /** Mean cross-entropy of all training rows at the solution, without the penalty. */
  readonly loss: number;
}

/** Record of a solved head: how its L2 was chosen, and how well it converged. */
export interface HeadSolution extends Omit<SolvedHead, 'weight' | 'bias'> {
  /** Index of the phase, counted from 0. */
  readonly phaseIndex: number;
  /** Number of training images. */
  readonly images: number;
  /** Views of each image, the unaugmented one included. */
  readonly views: number;
  readonly seconds: number;
}

export interface SolveOptions extends Targets {
  /** Group of each image. Images of a group are held out together. */
  readonly groups: FoldImages['groups'];
  readonly seed: number;
  /** Called before each iteration. What it throws ends the search. */
  readonly onIteration?: () => Promise<void>;
  /** Called with the number of finished fits, and the most there can be. */
  readonly onFit?: (done: number, total: number) => void;
}

/** Targets with the weight of every other image set to 0. */
const withImages = (targets: Targets, isIncluded: (index: number) => boolean): Targets => ({
  ...targets,
  weights: targets.weights.map((weight, index) => (isIncluded(index) ? weight : 0)),
});

const addResults = (a: RegressionResult, b: RegressionResult): RegressionResult => ({
  lossSum: a.lossSum + b.lossSum,
  weightSum: a.weightSum + b.weightSum,
  correct: a.correct + b.correct,
  images: a.images + b.images,
});

/** Cross-validates the strengths, until they get worse. */
async function tryStrengths(
  matrix: FeatureMatrix,
  options: SolveOptions,
  folds: number,
): Promise<readonly L2Candidate[]> {
  const {seed, classes, onIteration, onFit} = options;
  const foldOf = assignFolds(options, FOLDS, seed);
  const splits = Array.from({length: folds}, (_, fold) => ({
    train: withImages(options, index => foldOf[index] !== fold),
    heldOut: withImages(options, index => foldOf[index] === fold),
    point: zeroPoint(matrix, classes),
  }));
  const candidates: L2Candidate[] = [];
  let done = 0;
  for (const l2 of L2_STRENGTHS) {
    const results: RegressionResult[] = [];
    for (const split of splits) {
      const objective = regressionObjective(matrix, split.train, l2);
      const limits = {tolerance: SEARCH_TOLERANCE, maxIterations: MAX_ITERATIONS};
      const {point} = await minimize(objective, split.point, {
        ...limits,
        ...(onIteration && {onIteration}),
      });
      split.point = point;
      results.push(evaluateRegression(matrix, split.heldOut, point));
      onFit?.(++done, L2_STRENGTHS.length * folds + 1);
    }
    const {lossSum, weightSum, correct, images} = results.reduce(addResults);
    candidates.push({l2, loss: lossSum / weightSum, accuracy: correct / images});
    const best = candidates.indexOf(bestCandidate(candidates));
    if (candidates.length - 1 - best >= WORSE_STRENGTHS) break;
  }
  return candidates;
}

const largestShare = (labels: Int32Array): number =>
  Math.max(...[...groupBy(labels, label => label).values()].map(({length}) => length)) /
  labels.length;

export const bestCandidate = (candidates: readonly L2Candidate[]): L2Candidate =>
  candidates.reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best));

/** Weights and biases for features that are not standardized, in torchvision's layout. */
function unstandardize(
  {width, standardization: {mean, scale}}: FeatureMatrix,
  classes: number,
  point: Float64Array,
): Pick<SolvedHead, 'weight' | 'bias'> {
  const weight = new Float32Array(classes * width);
  const bias = Float64Array.from(point.subarray(width * classes));
  for (let column = 0; column < width; column++) {
    for (let k = 0; k < classes; k++) {
      const value = point[column * classes + k]! / scale[column]!;
      weight[k * width + column] = value;
      bias[k]! -= value * mean[column]!;
    }
  }
  return {weight, bias: Float32Array.from(bias)};
}

/**
 * Fits a linear head to convergence: multinomial logistic regression on standardized features, with the strength of L2 that has the lowest
 * cross-validated loss. The loss chooses, because accuracy has ties and noise where there are few images. Validation images have no part
 * in it, so their metrics stay honest.
 */
export async function solveHead(matrix: FeatureMatrix, options: SolveOptions): Promise<SolvedHead> {
  const folds = Math.min(FOLDS, Math.ceil((HELD_OUT_IMAGES * FOLDS) / matrix.images));
  const candidates = await tryStrengths(matrix, options, folds);
  const {l2} = bestCandidate(candidates);
  const minimum = await fit(matrix, options, l2);
  options.onFit?.(1, 1);
  const squares = minimum.point
    .subarray(0, matrix.width * options.classes)
    .reduce((sum, value) => sum + value ** 2, 0);
  return {
    ...unstandardize(matrix, options.classes, minimum.point),
    l2,
    candidates,
    folds,
    baselineAccuracy: largestShare(options.labels),
    iterations: minimum.iterations,
    gradientNorm: maxNorm(minimum.gradient),
    loss: minimum.value - (l2 / 2) * squares,
  };
}

/** Fits all training rows with one strength of L2. */
export const fit = (
  matrix: FeatureMatrix,
  options: Targets & Pick<SolveOptions, 'onIteration'>,
  l2: number,
): Promise<Minimum> =>
  minimize(regressionObjective(matrix, options, l2), zeroPoint(matrix, options.classes), {
    tolerance: TOLERANCE,
    maxIterations: MAX_ITERATIONS,
    ...(options.onIteration && {onIteration: options.onIteration}),
  });
