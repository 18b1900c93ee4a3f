import {createRng, shuffle} from '../../core/rng.js';
import {groupBy} from '../../core/group-by.js';
import type {SelectionMetric} from '../metrics/evaluate.js';

/** How training makes up for classes of unequal size: not, by the weight of an image in the loss, or by how often it is shown. */
export const CLASS_BALANCES = ['none', 'weighted-loss', 'oversample'] as const;
export type ClassBalance = (typeof CLASS_BALANCES)[number];

/** Who trains for every class alike wants the weights that are best for every class alike. */
export const metricForBestModel = (classBalance: ClassBalance): SelectionMetric =>
  classBalance === 'none' ? 'accuracy' : 'balancedAccuracy';

/** Classes that are to count alike, and which image is of which. */
export interface ClassBalancing {
  readonly classBalance: Exclude<ClassBalance, 'none'>;
  /** By index of a training image. */
  readonly labels: Int32Array;
}

/** Place in the schedule of whoever draws: other phases draw otherwise. */
export interface EpochPosition {
  readonly seed: number;
  readonly phase: number;
  /** From 0, within the phase. */
  readonly epoch: number;
}

/** No image weighs more than a hundred of another class: a class of one image would else fill every batch that it is in. */
const MAX_WEIGHT_RATIO = 100;

/**
 * What an image of each class counts in the loss: images / (classes * images of the class), as scikit-learn's `class_weight='balanced'` has
 * it, the images of a class taken for at least a hundredth of the largest's. The loss of a batch is divided by the weights in it, as
 * torch.nn.CrossEntropyLoss with `weight` does, so that only their ratios matter. Unlike there the weight is the image's, not that of every
 * share of a smoothed target: at a hundredfold weight the shares would make the rare class the target of every image.
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

/**
 * The images of an epoch, as many as there are, classes within one of each other. A class goes through its images in a fixed turn, from
 * where its last epoch ended: within an epoch, and over all that have been, each is shown as often as any other of its class, or once more.
 * Depends on nothing but its arguments, so that a run is resumed where it was stopped.
 */
export function oversampleEpoch(labels: Int32Array, {seed, phase, epoch}: EpochPosition): number[] {
  const byLabel = groupBy(labels.keys(), index => labels[index]!);
  const classes = shuffle([...byLabel], createRng(seed, 'balance', phase));
  // Hermite's identity: the sum over places of floor((x + place) / k) is x.
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

/** How often each of an order has come before, in its order: what comes again is varied anew. */
export function countRepeats(order: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return order.map(index => {
    const pass = seen.get(index) ?? 0;
    seen.set(index, pass + 1);
    return pass;
  });
}
