import {formatInteger} from '../../core/text/format-count.js';
import {MIN_IMBALANCE, formatRatio} from '../../datasets/inspection/class-findings.js';
import {SMALL_SET} from '../../training/head-solver/transfer-case.js';
import type {ClassBalance} from '../../training/loop/class-balance.js';
import type {RecipeInput} from './recipe.js';
import type {FreezeSchedule} from './phases.js';

/** Statistics of a dataset that recommendations are based on. */
export interface DatasetStats {
  /** Number of training images. */
  readonly images: number;
  readonly classes: number;
  readonly smallestClass: number;
  readonly largestClass: number;
  /** False if the backbone starts from random weights. */
  readonly pretrained: boolean;
  /** Whether the backbone starts from the small weights of this package, which more training improves. Default: false. */
  readonly embedded?: boolean;
  readonly gpu: boolean;
  /** Largest batch size that fits into memory. Default: no limit. */
  readonly maxBatchSize?: number;
}

/** Images shown in the phase that trains the embedded backbone: 15 epochs of 3,500 images did better than 3 (docs/weights.md). */
const EMBEDDED_IMAGES_SEEN = 50_000;

/** A recommended value and the reason for it. */
export interface Recommendation<T> {
  readonly value: T;
  readonly reason: string;
}

const clampRound = (low: number, value: number, high: number): number =>
  Math.round(Math.min(high, Math.max(low, value)));

/** Count rounded to the nearest hundred: `12,300`. */
const formatHundreds = (count: number): string => formatInteger(Math.round(count / 100) * 100);

/**
 * Recommends a freeze schedule after Kumar et al. (LP-FT, https://arxiv.org/abs/2202.10054): first the head on frozen features, then as
 * many layers as the number of images supports.
 */
export function recommendSchedule({
  images,
  smallestClass,
  pretrained,
  embedded,
  gpu,
}: DatasetStats): Recommendation<FreezeSchedule> {
  if (!pretrained) return {value: 'full', reason: 'random weights have no features to keep frozen'};
  if (embedded) return recommendEmbeddedSchedule(images);
  // The split may move an image or two.
  const about = `about ${formatInteger(images)} training images`;
  if (images < 200 || smallestClass < 10) {
    return {
      value: 'probe',
      reason: `${about}, ${smallestClass} in the smallest class: too few, the backbone would overfit`,
    };
  }
  if (images < SMALL_SET)
    return {
      value: 'probe-then-last-stage',
      reason: `${about} carry the head and the last stage`,
    };
  if (gpu) return {value: 'probe-then-full', reason: `${about} carry the whole network`};
  return {
    value: 'probe-then-last-stage',
    reason: `${about} would carry the whole network, but on a CPU that takes hours; --freeze probe-then-full does it`,
  };
}

/**
 * Recommends a freeze schedule for the small weights of this package. Measured: on a few hundred images, training beyond the head gains
 * nothing; on thousands, training the whole network does, and at 64 px a CPU can (docs/weights.md).
 */
const recommendEmbeddedSchedule = (images: number): Recommendation<FreezeSchedule> =>
  images < SMALL_SET
    ? {
        value: 'probe',
        reason: `about ${formatInteger(images)} training images are too few to improve the embedded weights`,
      }
    : {
        value: 'probe-then-full',
        reason: `about ${formatInteger(images)} training images improve the embedded weights, and images of 64 pixels train fast`,
      };

/** Updates until a head on fixed features converges. Each takes milliseconds. */
export const PROBE_UPDATES = 500;

export function recommendProbeEpochs({images}: DatasetStats, batchSize: number): number {
  return clampRound(5, (PROBE_UPDATES * batchSize) / images, 60);
}

/**
 * Recommends epochs for the phase that trains the backbone. BiT-HyperRule (https://arxiv.org/abs/1912.11370) trains datasets under 20,000
 * images on 256,000 samples. Starting from a fitted head, about a tenth is enough. A CPU gets fewer, because users wait for each.
 */
export function recommendEpochs({
  images,
  pretrained,
  embedded,
  gpu,
}: DatasetStats): Recommendation<number> {
  if (!pretrained) {
    const value = clampRound(10, 8000 / images, 100);
    return {
      value,
      reason: `random weights need about ${formatHundreds(value * images)} images shown`,
    };
  }
  if (embedded) {
    const value = clampRound(3, EMBEDDED_IMAGES_SEEN / images, 15);
    return {
      value,
      reason: `about ${formatHundreds(value * images)} images shown, since the embedded weights have seen few`,
    };
  }
  const imagesSeen = gpu ? 40_000 : 10_000;
  const value = clampRound(gpu ? 5 : 2, imagesSeen / images, gpu ? 15 : 8);
  return {
    value,
    reason: `about ${formatHundreds(value * images)} images shown, from a head that is fitted already`,
  };
}

/** Recommends a weighted loss for imbalanced classes. It shows every image once per epoch and achieves the same as oversampling. */
export function recommendClassBalance({
  smallestClass,
  largestClass,
}: DatasetStats): Recommendation<ClassBalance> {
  const ratio = largestClass / Math.max(1, smallestClass);
  if (ratio < MIN_IMBALANCE) return {value: 'none', reason: 'classes are of like size'};
  return {
    value: 'weighted-loss',
    reason:
      `the largest class has ${formatRatio(ratio)} times the images of the smallest, so an image weighs the more in the loss the rarer its class, ` +
      'and the best epoch is chosen by balanced accuracy; --class-balance none trains for accuracy',
  };
}

/** Recommends all other values that depend on the dataset. Reasons have the same keys as the values. */
export function recommend(stats: DatasetStats): {
  readonly values: RecipeInput;
  readonly reasons: ReadonlyMap<string, string>;
} {
  const schedule = recommendSchedule(stats);
  const epochs = recommendEpochs(stats);
  const classBalance = recommendClassBalance(stats);
  const {images, classes, smallestClass, pretrained} = stats;
  const {maxBatchSize = Infinity} = stats;
  const batchSize = Math.min(images < 10_000 ? 32 : 64, maxBatchSize);
  const fewShot = classes >= 50 && smallestClass < 20;
  const reasons = new Map<string, string>([
    ['freeze', schedule.reason],
    ['epochs', epochs.reason],
    ...(batchSize === maxBatchSize
      ? [['batchSize', 'more images at a time do not fit into memory'] as const]
      : []),
    ...(classBalance.value === 'none' ? [] : [['classBalance', classBalance.reason] as const]),
    [
      'batchNorm',
      pretrained
        ? 'stored batch-norm statistics are better than those of small batches'
        : 'random weights have no statistics yet',
    ],
  ]);
  const values: RecipeInput = {
    freeze: schedule.value,
    epochs: epochs.value,
    lr: pretrained ? 1e-4 : 1e-3,
    weightDecay: 0.01,
    batchSize,
    labelSmoothing: fewShot ? 0.05 : 0.1,
    batchNorm: pretrained ? 'inference' : 'training',
    classBalance: classBalance.value,
    augment: images < 200 || !pretrained ? 'light' : 'standard',
    views: images < SMALL_SET ? 2 : 1,
  };
  return {values, reasons};
}
