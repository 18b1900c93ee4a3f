import type {Rng} from '../../core/rng.js';
import {jitterColours} from './color-jitter.js';
import type {ColourJitter} from './color-jitter.js';
import {blur, erase, flipVertically, rotate, toGreys, type Erasing} from './transforms.js';
import {centerCropBox} from '../images/crop.js';
import type {Mixing} from './mixup.js';
import {applyPolicy, type Policy} from './auto-augment.js';
import {resample} from '../images/resample.js';
import type {DecodedImage, ImageSize, CropBox} from '../images/resample.js';

/** How an image may differ each time it is shown. What is not said does not happen. */
export interface Augmentation {
  /** Part of the area to cut out, and width over height of the cut; null takes the square in the middle. */
  readonly crop: {
    readonly scale: readonly [number, number];
    readonly ratio: readonly [number, number];
  } | null;
  /** Probability of being mirrored left to right. */
  readonly flip: number;
  readonly jitter: ColourJitter | null;
  /** Probability of being turned upside down. */
  readonly flipVertical?: number;
  /** Degrees that it may be turned by, either way. */
  readonly rotation?: number;
  /** Probability of losing its colors. */
  readonly grayscale?: number;
  /** With a standard deviation between the two, in pixels of the square. */
  readonly blur?: {readonly probability: number; readonly sigma: readonly [number, number]};
  readonly erasing?: Erasing;
  /** TrivialAugment or RandAugment, after the crop and the flips. */
  readonly policy?: Policy;
  /** In phases that see pixels: features that are kept are of single images. */
  readonly mixing?: Mixing;
}

/** torchvision's default for `RandomResizedCrop`. */
const RATIO = [3 / 4, 4 / 3] as const;

export const AUGMENTATIONS = {
  none: {crop: null, flip: 0, jitter: null},
  light: {crop: {scale: [0.5, 1], ratio: RATIO}, flip: 0.5, jitter: null},
  standard: {
    crop: {scale: [0.35, 1], ratio: RATIO},
    flip: 0.5,
    jitter: {brightness: 0.2, contrast: 0.2, saturation: 0.2},
  },
  strong: {
    crop: {scale: [0.25, 1], ratio: RATIO},
    flip: 0.5,
    jitter: {brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.05},
    rotation: 15,
    grayscale: 0.1,
    blur: {probability: 0.1, sigma: [0.1, 2]},
    erasing: {probability: 0.25, scale: [0.02, 0.2], ratio: [0.3, 3.3]},
  },
} as const satisfies Record<string, Augmentation>;

export type AugmentationName = keyof typeof AUGMENTATIONS;

/** What a recipe says: a preset, or what is to happen, beside what a preset does. */
export type AugmentationChoice =
  AugmentationName | (Partial<Augmentation> & {readonly preset?: AugmentationName});

export function augmentationOf(choice: AugmentationChoice): Augmentation {
  if (typeof choice === 'string') return AUGMENTATIONS[choice];
  const {preset = 'none', ...settings} = choice;
  return {...AUGMENTATIONS[preset], ...settings};
}

const ATTEMPTS = 10;

/** The window of torchvision's `RandomResizedCrop.get_params`, its fallback to the middle included. */
export function randomWindow(
  {width, height}: ImageSize,
  {scale, ratio}: NonNullable<Augmentation['crop']>,
  stream: Rng,
): CropBox {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = width * height * stream.uniform(...scale);
    const aspect = Math.exp(stream.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const drawn = {
      width: Math.round(Math.sqrt(area * aspect)),
      height: Math.round(Math.sqrt(area / aspect)),
    };
    if (drawn.width > 0 && drawn.width <= width && drawn.height > 0 && drawn.height <= height) {
      const top = stream.integer(height - drawn.height + 1);
      return {...drawn, left: stream.integer(width - drawn.width + 1), top};
    }
  }
  const kept = {
    width: Math.min(width, Math.round(height * ratio[1])),
    height: Math.min(height, Math.round(width / ratio[0])),
  };
  return {...kept, left: (width - kept.width) >> 1, top: (height - kept.height) >> 1};
}

/**
 * One variation of an image at `size` x `size` pixels, `[size, size, 3]`, RGB.
 *
 * @param stream drawn from in a fixed order, so the same stream gives the same pixels
 */
export function augment(
  image: DecodedImage,
  size: number,
  augmentation: Augmentation,
  stream: Rng,
): Uint8Array {
  const {crop, flip, jitter, flipVertical = 0, rotation = 0, policy} = augmentation;
  const window = crop === null ? centerCropBox(image, size) : randomWindow(image, crop, stream);
  const isMirrored = stream.next() < flip;
  const pixels = resample(image, window, {width: size, height: size}, isMirrored);
  // Nothing is drawn for what does not happen: the presets that there were give the pixels that they gave.
  if (flipVertical > 0 && stream.next() < flipVertical) flipVertically(pixels, size);
  if (policy !== undefined) applyPolicy(pixels, size, policy, stream);
  if (rotation > 0) rotate(pixels, size, stream.uniform(-rotation, rotation));
  if (jitter !== null) jitterColours(pixels, jitter, stream);
  coarsen(pixels, size, augmentation, stream);
  return pixels;
}

/** What takes something away. */
function coarsen(
  pixels: Uint8Array,
  size: number,
  {grayscale = 0, blur: blurring, erasing}: Augmentation,
  stream: Rng,
): void {
  if (grayscale > 0 && stream.next() < grayscale) toGreys(pixels);
  if (blurring !== undefined && stream.next() < blurring.probability)
    blur(pixels, size, stream.uniform(...blurring.sigma));
  if (erasing !== undefined && stream.next() < erasing.probability)
    erase(pixels, size, erasing, stream);
}
