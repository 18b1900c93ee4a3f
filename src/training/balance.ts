import {random, shuffled} from '../core/random.js';
import {groupBy} from '../datasets/group-by.js';

/** How classes of different sizes are made to count alike: not at all, by the weight of their images in the loss, or by showing them alike often. */
export const BALANCES = ['none', 'loss', 'sample'] as const;
export type Balance = (typeof BALANCES)[number];

/** What the best epoch is chosen by. */
export type Criterion = 'accuracy' | 'balancedAccuracy';

/** Who trains for every class alike wants the weights that are best for every class alike. */
export const criterionOf = (balance: Balance): Criterion => (balance === 'none' ? 'accuracy' : 'balancedAccuracy');

/** A balance, and the classes it is about. */
export interface Balancing {
  readonly by: Exclude<Balance, 'none'>;
  /** Of the images trained on, in the order of the inputs. */
  readonly labels: Int32Array;
  readonly classes: number;
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
 * n / (k n_c) of each of the k classes that have images, as scikit-learn's `class_weight='balanced'` (King and Zeng, Political Analysis 9,
 * 2001), n_c taken for at least a hundredth of the largest class; 0 for a class without images. The mean loss of a batch divides by the
 * sum of its weights, as PyTorch's `CrossEntropyLoss(weight)` does, so that only their ratios matter. Unlike there the weight is the image's:
 * a smoothed target keeps its shares, where PyTorch would smooth towards the rare classes by their weights.
 */
export function classWeights({labels, classes}: Pick<Balancing, 'labels' | 'classes'>): Float32Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]!++;
  const least = counts.reduce((most, count) => Math.max(most, count), 0) / HEAVIEST;
  const present = counts.filter(count => count > 0).length;
  return Float32Array.from(counts, count => (count === 0 ? 0 : labels.length / (present * Math.max(count, least))));
}

/**
 * The images of an epoch, as many as there are, classes within one of each other. A class goes through its images in a fixed turn, from
 * where its last epoch ended: within an epoch, and over all that have been, each is shown as often as any other of its class, or once more.
 * Depends on nothing but its arguments, so that a run goes on where it was stopped.
 */
export function balancedOrder({labels}: Pick<Balancing, 'labels'>, {seed, phase, epoch}: Draw): number[] {
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
