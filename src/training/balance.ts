import {random, shuffled} from '../core/random.js';
import {groupBy} from '../datasets/group-by.js';
import type {Measure} from './evaluate.js';

/** How training makes up for classes of unequal size: not, by the weight of an image in the loss, or by how often it is shown. */
export const BALANCES = ['none', 'loss', 'sample'] as const;
export type Balance = (typeof BALANCES)[number];

/** Who trains for every class alike wants the weights that are best for every class alike. */
export const measureOf = (balance: Balance): Measure => (balance === 'none' ? 'accuracy' : 'balancedAccuracy');

/** Classes that are to count alike, and which image is of which. */
export interface Balancing {
  readonly balance: Exclude<Balance, 'none'>;
  /** By index of a training image. */
  readonly labels: Int32Array;
}

/** Place in the schedule of whoever draws: other phases draw otherwise. */
export interface Draw {
  readonly seed: number;
  readonly phase: number;
  /** From 0, within the phase. */
  readonly epoch: number;
}

/** No image weighs more than a hundred of another class: a class of one image would else fill every batch that it is in. */
const HEAVIEST = 100;

/**
 * What an image of each class counts in the loss: images / (classes * images of the class), as scikit-learn's `class_weight='balanced'` has
 * it, the images of a class taken for at least a hundredth of the largest's. The loss of a batch is divided by the weights in it, as
 * torch.nn.CrossEntropyLoss with `weight` does, so that only their ratios matter. Unlike there the weight is the image's, not that of every
 * share of a smoothed target: at a hundredfold weight the shares would make the rare class the target of every image.
 */
export function classWeights(labels: Int32Array): ReadonlyMap<number, number> {
  const byLabel = groupBy(labels, label => label);
  const least = Math.max(...[...byLabel.values()].map(({length}) => length)) / HEAVIEST;
  return new Map([...byLabel].map(([label, {length}]) => [label, labels.length / (byLabel.size * Math.max(length, least))]));
}

/**
 * The images of an epoch, as many as there are, classes within one of each other. A class goes through its images in a fixed turn, from
 * where its last epoch ended: within an epoch, and over all that have been, each is shown as often as any other of its class, or once more.
 * Depends on nothing but its arguments, so that a run goes on where it was stopped.
 */
export function balancedOrder(labels: Int32Array, {seed, phase, epoch}: Draw): number[] {
  const byLabel = groupBy(labels.keys(), index => labels[index]!);
  const classes = shuffled([...byLabel], random(seed, 'balance', phase));
  // Hermite's identity: the sum over places of floor((x + place) / k) is x.
  const shownBefore = (end: number, place: number): number => Math.floor((end * labels.length + place) / classes.length);
  const drawn = classes.flatMap(([label, members], place) => {
    const turn = shuffled(members, random(seed, 'turn', phase, label));
    const start = shownBefore(epoch, place);
    return Array.from({length: shownBefore(epoch + 1, place) - start}, (_, i) => turn[(start + i) % turn.length]!);
  });
  return shuffled(drawn, random(seed, 'order', phase, epoch));
}

/** How often each of an order has come before, in its order: what comes again is varied anew. */
export function turnsOf(order: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return order.map(index => {
    const turn = seen.get(index) ?? 0;
    seen.set(index, turn + 1);
    return turn;
  });
}
