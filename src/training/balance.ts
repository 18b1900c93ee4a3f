import {shuffled, type Random} from '../core/random.js';
import {groupBy} from '../datasets/group-by.js';

/** How training makes up for classes of unequal size: not, by the weight of an image in the loss, or by how often it is shown. */
export const BALANCES = ['none', 'loss', 'sample'] as const;
export type Balance = (typeof BALANCES)[number];

/** Classes that are to count alike, and which image is of which. */
export interface Balancing {
  readonly balance: Exclude<Balance, 'none'>;
  /** By index of a training image. */
  readonly labels: Int32Array;
}

/**
 * What an image of each class counts in the loss: images / (classes * images of the class), as scikit-learn's `class_weight='balanced'` has
 * it. The loss of a batch is divided by the weights in it, as torch.nn.CrossEntropyLoss with `weight` does.
 */
export function classWeights(labels: Int32Array): ReadonlyMap<number, number> {
  const byLabel = groupBy(labels, label => label);
  return new Map([...byLabel].map(([label, {length}]) => [label, labels.length / (byLabel.size * length)]));
}

/**
 * An epoch of as many images as there are, every class as often as every other, but for one. An image is shown as often as any other of its
 * class, but for one time; which of them are shown once more is drawn anew each time.
 */
export function balancedOrder(labels: Int32Array, stream: Random): number[] {
  const byLabel = groupBy(
    Array.from(labels, (_, index) => index),
    index => labels[index]!,
  );
  const classes = shuffled(
    [...byLabel.keys()].sort((a, b) => a - b),
    stream,
  );
  const order = classes.flatMap((label, place) => {
    const images = byLabel.get(label)!;
    const quota = Math.floor(labels.length / classes.length) + (place < labels.length % classes.length ? 1 : 0);
    const whole = Math.floor(quota / images.length);
    const more = shuffled(images, stream).slice(0, quota % images.length);
    return [...Array.from({length: whole}, () => images).flat(), ...more];
  });
  return shuffled(order, stream);
}
