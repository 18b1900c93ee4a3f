import {groupBy} from '../../core/group-by.js';
import {createRng, shuffle} from '../../core/rng.js';

/** Fold of an image that is in the training set of every fold. */
export const NEVER_HELD_OUT = -1;

/** Images whose features are cross-validated. */
export interface FoldImages {
  readonly labels: Int32Array;
  /** Group of each image. Images of a group, such as near-duplicates, are held out together. */
  readonly groups: readonly unknown[];
}

/**
 * Assigns images to folds: class by class, group by group, each to the smallest fold of the class. Classes start at different folds. A
 * class with a single group is never held out, because no other image could teach it.
 * @returns fold of each image, counted from 0
 */
export function assignFolds({labels, groups}: FoldImages, folds: number, seed: number): Int8Array {
  const foldOf = new Int8Array(labels.length).fill(NEVER_HELD_OUT);
  const members = [...groupBy(labels.keys(), index => groups[index]).values()];
  for (const [label, ofClass] of groupBy(members, ([first]) => labels[first!]!)) {
    if (ofClass.length < 2) continue;
    const sizes = new Array<number>(folds).fill(0);
    for (const group of shuffle(ofClass, createRng(seed, 'head folds', label))) {
      const order = Array.from(sizes.keys(), i => (i + label) % folds);
      const smallest = order.reduce((best, fold) => (sizes[fold]! < sizes[best]! ? fold : best));
      sizes[smallest]! += group.length;
      for (const index of group) foldOf[index] = smallest;
    }
  }
  return foldOf;
}

/** Whether any image can be held out: a class has several groups. Otherwise nothing tells how strong the penalty should be. */
export const canHoldOut = (images: FoldImages): boolean =>
  assignFolds(images, 2, 0).some(fold => fold !== NEVER_HELD_OUT);

/** Each fold holds out a fifth of the images. */
const FOLDS = 5;
/** As many folds are fitted as hold out this many images together: five up to 1,000 images, one from 5,000 on. */
const HELD_OUT_IMAGES = 1000;

/** Which images each fit leaves out. Folds without images, which few images or large groups leave, are not fitted. */
export function chooseFolds(images: FoldImages, seed: number): ((index: number) => boolean)[] {
  const foldOf = assignFolds(images, FOLDS, seed);
  return [...new Set(foldOf)]
    .filter(fold => fold !== NEVER_HELD_OUT)
    .sort((a, b) => a - b)
    .slice(0, Math.ceil((HELD_OUT_IMAGES * FOLDS) / foldOf.length))
    .map(fold => index => foldOf[index] === fold);
}
