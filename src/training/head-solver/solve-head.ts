import type {Tensor2D} from '../../backend/tensorflow.js';
import {groupBy} from '../../core/group-by.js';
import {chooseFolds, type FoldImages} from './cross-validation-folds.js';
import type {FeatureMatrix} from './feature-matrix.js';
import {classLogPriors, scoreHeldOut, type HeldOutScore} from './held-out-score.js';
import {maxNorm, minimize, type Minimum} from './lbfgs.js';
import {
  computeLogits,
  regressionObjective,
  zeroPoint,
  type Penalty,
  type Targets,
} from './softmax-regression.js';
import {withinClassCovariance} from './within-class-covariance.js';

/** Ways to fit a head on cached features: to convergence, or in epochs of the optimizer. */
export const HEAD_SOLVERS = ['lbfgs', 'optimizer'] as const;
export type HeadSolverName = (typeof HEAD_SOLVERS)[number];

/** Strengths of the penalty to choose from, strongest first. Each is tried from the solution of the one before. */
export const L2_STRENGTHS = [30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001] as const;

/** The loss is a smooth curve over the strengths, so two worse ones in a row end the search. */
const WORSE_STRENGTHS = 2;

/** Largest component of the gradient of the mean loss at a solution. scikit-learn's default is 1e-4. */
const TOLERANCE = 1e-5;
/** While strengths are compared. Their losses differ by far more than it changes them. */
const SEARCH_TOLERANCE = 3e-4;
const MAX_ITERATIONS = 1000;

/** Result of a strength of L2 on images that its fits did not see. */
export interface L2Candidate extends HeldOutScore {
  readonly l2: number;
}

/** A solved linear head. */
export interface SolvedHead {
  /** `[classes, width]`, for features that are not standardized. */
  readonly weight: Float32Array;
  /** `[classes]` */
  readonly bias: Float32Array;
  readonly l2: number;
  /** Factor of the evidence for the classes that fits held-out images best. Weights and biases have it. */
  readonly scale: number;
  /** Strengths that were tried, strongest first. */
  readonly candidates: readonly L2Candidate[];
  /** Number of folds that chose the strength. Each held out a fifth of the images. */
  readonly folds: number;
  /** Accuracy of always naming the largest class of the training images. Fraction 0..1. */
  readonly baselineAccuracy: number;
  readonly iterations: number;
  /** Largest component of the gradient at the solution. */
  readonly gradientNorm: number;
  /** Mean cross-entropy of all training rows with the weights and biases above. */
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

/** Images that a fit sees, and where it has got to. */
interface Split {
  readonly train: Targets;
  /** Indices of the images it does not see, ascending. */
  readonly heldOut: readonly number[];
  readonly covariance: Tensor2D;
  readonly logPriors: Float64Array;
  point: Float64Array;
}

function createSplits(matrix: FeatureMatrix, options: SolveOptions): Split[] {
  return chooseFolds(options, options.seed).map(isHeldOut => {
    const train = withImages(options, index => !isHeldOut(index));
    return {
      train,
      heldOut: [...options.labels.keys()].filter(isHeldOut),
      covariance: withinClassCovariance(matrix, train),
      logPriors: classLogPriors(train),
      point: zeroPoint(matrix, options.classes),
    };
  });
}

/** Logits of the held-out images beyond the log prior, `[heldOut, classes]`. */
const evidenceOf = (matrix: FeatureMatrix, {logPriors, point, heldOut}: Split): Float64Array =>
  computeLogits(matrix, logPriors.length, point, heldOut).map(
    (logit, i) => logit - logPriors[i % logPriors.length]!,
  );

/** Targets of the held-out images, split by split. */
function heldOutTargets(targets: Targets, splits: readonly Split[]): Targets {
  const indices = splits.flatMap(({heldOut}) => heldOut);
  return {
    ...targets,
    labels: Int32Array.from(indices, index => targets.labels[index]!),
    weights: Float64Array.from(indices, index => targets.weights[index]!),
  };
}

/** Cross-validates the strengths, until they get worse. */
async function tryStrengths(
  matrix: FeatureMatrix,
  options: SolveOptions,
  splits: readonly Split[],
): Promise<readonly L2Candidate[]> {
  const {classes, onIteration, onFit} = options;
  const heldOut = heldOutTargets(options, splits);
  const logPriors = classLogPriors(options);
  const limits = {tolerance: SEARCH_TOLERANCE, maxIterations: MAX_ITERATIONS};
  const candidates: L2Candidate[] = [];
  let done = 0;
  for (const l2 of L2_STRENGTHS) {
    const evidence = new Float64Array(heldOut.labels.length * classes);
    let written = 0;
    for (const split of splits) {
      const {train, covariance} = split;
      const objective = regressionObjective(matrix, train, {l2, covariance});
      const minimum = minimize(objective, split.point, {
        ...limits,
        ...(onIteration && {onIteration}),
      });
      split.point = (await minimum).point;
      evidence.set(evidenceOf(matrix, split), written);
      written += split.heldOut.length * classes;
      onFit?.(++done, L2_STRENGTHS.length * splits.length + 1);
    }
    candidates.push({l2, ...scoreHeldOut(evidence, heldOut, logPriors)});
    const best = candidates.indexOf(bestCandidate(candidates));
    if (candidates.length - 1 - best >= WORSE_STRENGTHS) break;
  }
  return candidates;
}

const largestShare = (labels: Int32Array): number =>
  Math.max(...[...groupBy(labels, label => label).values()].map(({length}) => length)) /
  labels.length;

export const bestCandidate = <Candidate extends Pick<L2Candidate, 'loss'>>(
  candidates: readonly Candidate[],
): Candidate =>
  candidates.reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best));

/** Scales what a point says beyond the log priors of the classes. */
function scalePoint(point: Float64Array, logPriors: Float64Array, scale: number): Float64Array {
  const firstBias = point.length - logPriors.length;
  return point.map((value, i) => {
    const prior = i < firstBias ? 0 : logPriors[i - firstBias]!;
    return scale * (value - prior) + prior;
  });
}

/** Weights and biases for features that are not standardized, in torchvision's layout. */
function unstandardize(
  {width, standardization: {mean, deviation}}: FeatureMatrix,
  classes: number,
  point: Float64Array,
): Pick<SolvedHead, 'weight' | 'bias'> {
  const weight = new Float32Array(classes * width);
  const bias = Float64Array.from(point.subarray(width * classes));
  for (let column = 0; column < width; column++) {
    for (let k = 0; k < classes; k++) {
      const value = point[column * classes + k]! / deviation;
      weight[k * width + column] = value;
      bias[k]! -= value * mean[column]!;
    }
  }
  return {weight, bias: Float32Array.from(bias)};
}

/** Chooses the penalty and the scale by cross-validation. */
async function crossValidate(
  matrix: FeatureMatrix,
  options: SolveOptions,
): Promise<Pick<SolvedHead, 'candidates' | 'folds'>> {
  const splits = createSplits(matrix, options);
  try {
    return {candidates: await tryStrengths(matrix, options, splits), folds: splits.length};
  } finally {
    splits.forEach(({covariance}) => covariance.dispose());
  }
}

/**
 * Fits a linear head to convergence: multinomial logistic regression whose penalty holds down how much logits vary within a class. The
 * strength of the penalty and the scale of the logits are those with the lowest cross-validated loss. The loss chooses, because accuracy has
 * ties and noise where there are few images. Validation images have no part in it, so their metrics stay honest.
 */
export async function solveHead(matrix: FeatureMatrix, options: SolveOptions): Promise<SolvedHead> {
  const {labels, classes} = options;
  const {candidates, folds} = await crossValidate(matrix, options);
  const {l2, scale} = bestCandidate(candidates);
  const covariance = withinClassCovariance(matrix, options);
  try {
    const minimum = await fit(matrix, options, {l2, covariance});
    options.onFit?.(1, 1);
    const point = scalePoint(minimum.point, classLogPriors(options), scale);
    return {
      ...unstandardize(matrix, classes, point),
      l2,
      scale,
      candidates,
      folds,
      baselineAccuracy: largestShare(labels),
      iterations: minimum.iterations,
      gradientNorm: maxNorm(minimum.gradient),
      loss: regressionObjective(matrix, options, {l2: 0})(point).value,
    };
  } finally {
    covariance.dispose();
  }
}

/** Fits all training rows with one penalty. */
export const fit = (
  matrix: FeatureMatrix,
  options: Targets & Pick<SolveOptions, 'onIteration'>,
  penalty: Penalty,
): Promise<Minimum> =>
  minimize(regressionObjective(matrix, options, penalty), zeroPoint(matrix, options.classes), {
    tolerance: TOLERANCE,
    maxIterations: MAX_ITERATIONS,
    ...(options.onIteration && {onIteration: options.onIteration}),
  });
