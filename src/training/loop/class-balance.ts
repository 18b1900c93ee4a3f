import {createRng, shuffle} from '../../core/rng.js';
import {groupBy} from '../../core/group-by.js';
import type {SelectionMetric} from '../metrics/evaluate.js';

/** Ways to handle class imbalance: none, weights in the loss, or showing images of rare classes more often. */
export const CLASS_BALANCES = ['none', 'weighted-loss', 'oversample'] as const;
export type ClassBalance = (typeof CLASS_BALANCES)[number];

/** Metric for the best model. Training that balances classes selects by balanced accuracy. */
export const metricForBestModel = (classBalance: ClassBalance): SelectionMetric =>
  classBalance === 'none' ? 'accuracy' : 'balancedAccuracy';

/** Class balancing of a phase, and the labels of its images. */
export interface ClassBalancing {
  readonly classBalance: Exclude<ClassBalance, 'none'>;
  /** Labels of the training images. */
  readonly labels: Int32Array;
}

/** Position in the schedule that seeds random numbers. Each phase draws different ones. */
export interface EpochPosition {
  readonly seed: number;
  readonly phase: number;
  /** Counted from 0 within the phase. */
  readonly epoch: number;
}

/** Maximum ratio between the weights of two images. Without it, a class of one image would dominate every batch that contains it. */
const MAX_WEIGHT_RATIO = 100;

/**
 * Loss weight of each class: images / (classes * images of the class), as scikit-learn's `class_weight='balanced'`. A class counts as at
 * least a hundredth of the largest one. The loss of a batch is divided by the sum of its weights, as in torch.nn.CrossEntropyLoss with
 * `weight`, so only ratios matter. Unlike there, the weight applies to the image and not to each share of a smoothed target: at a
 * hundredfold weight these shares would make the rare class the target of every image.
 */
export function computeClassWeights(labels: Int32Array): ReadonlyMap<number, number> {
  const byLabel = groupBy(labels, label => label);
  const minCount = Math.max(...[...byLabel.values()].map(({length}) => length)) / MAX_WEIGHT_RATIO;
  return new Map(
    [...byLabel].map(([label, {length}]) => [
      label,
      labels.length / (byLabel.size * Math.max(length, minCount)),
    ]),
  );
}

/** Loss weight of each image for a solver that sees all images at once. Oversampling becomes the weights that it comes to. */
export function computeImageWeights(labels: Int32Array, classBalance: ClassBalance): Float64Array {
  if (classBalance === 'none') return new Float64Array(labels.length).fill(1);
  const byLabel = groupBy(labels, label => label);
  const classWeights = classBalance === 'weighted-loss' ? computeClassWeights(labels) : undefined;
  return Float64Array.from(
    labels,
    label =>
      classWeights?.get(label) ?? labels.length / (byLabel.size * byLabel.get(label)!.length),
  );
}

/**
 * Draws the images of an epoch: as many as there are, with class counts that differ by at most one. A class cycles through its images in a
 * fixed order, continuing where its last epoch ended. So within an epoch, and over all epochs, each image of a class is shown equally
 * often, or once more. The result depends only on the arguments, so that a run can be resumed.
 */
export function oversampleEpoch(labels: Int32Array, {seed, phase, epoch}: EpochPosition): number[] {
  const byLabel = groupBy(labels.keys(), index => labels[index]!);
  const classes = shuffle([...byLabel], createRng(seed, 'balance', phase));
  // Hermite's identity: the sum over classPosition of floor((x + classPosition) / k) is x.
  const timesShownBefore = (end: number, classPosition: number): number =>
    Math.floor((end * labels.length + classPosition) / classes.length);
  const oversampled = classes.flatMap(([label, members], classPosition) => {
    const pass = shuffle(members, createRng(seed, 'turn', phase, label));
    const start = timesShownBefore(epoch, classPosition);
    return Array.from(
      {length: timesShownBefore(epoch + 1, classPosition) - start},
      (_, i) => pass[(start + i) % pass.length]!,
    );
  });
  return shuffle(oversampled, createRng(seed, 'order', phase, epoch));
}

/** Number of earlier occurrences of each entry. A repeated image is augmented differently. */
export function countRepeats(order: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return order.map(index => {
    const pass = seen.get(index) ?? 0;
    seen.set(index, pass + 1);
    return pass;
  });
}
