import type {Rng} from '../../core/rng.js';
import {centerCropBox} from '../images/crop.js';
import {resample, type CropBox, type DecodedImage, type ImageSize} from '../images/resample.js';
import type {Mixing} from './mixup.js';
import {applyOps, opSchemas, type OpSettings} from './operations.js';
import {fraction, fractionPair, objectOf, positivePair} from './setting-schemas.js';

/** Settings of augmentation. Absent settings are off. */
export interface Augmentation extends OpSettings {
  /** Ranges of the crop's area (0..1) and of its aspect ratio (width / height). `null` takes the center crop. */
  readonly crop: {
    readonly scale: readonly [number, number];
    readonly ratio: readonly [number, number];
  } | null;
  /** Probability of a horizontal flip, 0..1. */
  readonly horizontalFlip: number;
  /** Mixup and cutmix. Only in phases that train on pixels; cached features are those of single images. */
  readonly mixing?: Mixing;
}

/** JSON Schemas of the settings of `Augmentation`, by name. */
export const augmentationSettings: Readonly<Record<string, object>> = {
  crop: {
    anyOf: [{type: 'null'}, objectOf({scale: fractionPair, ratio: positivePair})],
    description: 'share of the area, and width over height',
  },
  horizontalFlip: {...fraction, description: 'probability of being mirrored'},
  ...opSchemas,
  mixing: {
    ...objectOf(
      {mixupAlpha: {type: 'number', minimum: 0}, cutmixAlpha: {type: 'number', minimum: 0}},
      ['mixupAlpha', 'cutmixAlpha'],
    ),
    description:
      'mixup and cutmix, by the parameter of their Beta distribution; in phases that train on pixels',
  },
};

/** Default aspect ratios of torchvision's `RandomResizedCrop`. */
const RATIO = [3 / 4, 4 / 3] as const;

/** Presets for `augment` in a recipe. */
export const AUGMENTATIONS = {
  none: {crop: null, horizontalFlip: 0},
  light: {crop: {scale: [0.5, 1], ratio: RATIO}, horizontalFlip: 0.5},
  standard: {
    crop: {scale: [0.35, 1], ratio: RATIO},
    horizontalFlip: 0.5,
    colorJitter: {brightness: 0.2, contrast: 0.2, saturation: 0.2},
  },
  strong: {
    crop: {scale: [0.25, 1], ratio: RATIO},
    horizontalFlip: 0.5,
    colorJitter: {brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.05},
    rotation: 15,
    grayscale: 0.1,
    blur: {probability: 0.1, sigma: [0.1, 2]},
    randomErasing: {probability: 0.25, scale: [0.02, 0.2], ratio: [0.3, 3.3]},
  },
} as const satisfies Record<string, Augmentation>;

export type AugmentationName = keyof typeof AUGMENTATIONS;
export const AUGMENTATION_NAMES = Object.keys(AUGMENTATIONS) as AugmentationName[];

/** A preset, or settings that override those of a preset. */
export type AugmentationChoice =
  AugmentationName | (Partial<Augmentation> & {readonly preset?: AugmentationName});

export function resolveAugmentation(choice: AugmentationChoice): Augmentation {
  if (typeof choice === 'string') return AUGMENTATIONS[choice];
  const {preset = 'none', ...settings} = choice;
  return {...AUGMENTATIONS[preset], ...settings};
}

const ATTEMPTS = 10;

/** Draws a random crop box as torchvision's `RandomResizedCrop.get_params` does, including its fallback to the center. */
export function randomCropBox(
  {width, height}: ImageSize,
  {scale, ratio}: NonNullable<Augmentation['crop']>,
  stream: Rng,
): CropBox {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = width * height * stream.uniform(...scale);
    const aspect = Math.exp(stream.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const candidate = {
      width: Math.round(Math.sqrt(area * aspect)),
      height: Math.round(Math.sqrt(area / aspect)),
    };
    if (
      candidate.width > 0 &&
      candidate.width <= width &&
      candidate.height > 0 &&
      candidate.height <= height
    ) {
      const top = stream.integer(height - candidate.height + 1);
      return {...candidate, left: stream.integer(width - candidate.width + 1), top};
    }
  }
  const fallback = {
    width: Math.min(width, Math.round(height * ratio[1])),
    height: Math.min(height, Math.round(width / ratio[0])),
  };
  return {...fallback, left: (width - fallback.width) >> 1, top: (height - fallback.height) >> 1};
}

/**
 * Augments an image. The result has `size` x `size` pixels: `[size, size, 3]`, RGB.
 *
 * @param stream random stream, drawn from in a fixed order: the same stream produces the same pixels
 */
export function augment(
  image: DecodedImage,
  size: number,
  augmentation: Augmentation,
  stream: Rng,
): Uint8Array {
  const {crop, horizontalFlip} = augmentation;
  const cropBox = crop === null ? centerCropBox(image, size) : randomCropBox(image, crop, stream);
  const isMirrored = stream.next() < horizontalFlip;
  const pixels = resample(image, cropBox, {width: size, height: size}, isMirrored);
  applyOps(pixels, size, augmentation, stream);
  return pixels;
}
