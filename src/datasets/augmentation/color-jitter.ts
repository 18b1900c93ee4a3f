import {shuffle} from '../../core/rng.js';
import type {Rng} from '../../core/rng.js';

/** Maximum deviation of each factor from 1: 0.2 draws the factor from [0.8, 1.2). */
export interface ColorJitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Maximum hue shift in turns: 0.1 draws from [-0.1, 0.1). */
  readonly hue?: number;
}

/** PIL's `L` conversion (ITU-R 601-2), 16-bit fixed point. */
const luma = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

/** PIL's `blend`: interpolates from `degenerate` towards (or past) `value`, truncated to 8 bits without rounding. */
function blend(degenerate: number, value: number, factor: number): number {
  const blended = degenerate + factor * (value - degenerate);
  return blended <= 0 ? 0 : blended >= 255 ? 255 : Math.trunc(blended);
}

/**
 * Blends all pixels with one value. Brightness and contrast depend on the value alone, so a lookup table of 256 entries serves all pixels.
 */
function blendAll(pixels: Uint8Array, degenerate: number, factor: number): void {
  const table = Uint8Array.from({length: 256}, (_, value) => blend(degenerate, value, factor));
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i]!]!;
}

function meanLuma(pixels: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3)
    sum += luma(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
  return Math.floor(sum / (pixels.length / 3) + 0.5);
}

/** PIL's `ImageEnhance`, in place. Each adjustment blends the image with black, with its mean gray, or with its grayscale version. */
export const ADJUSTMENTS: {
  readonly [name in keyof Omit<ColorJitter, 'hue'>]: (pixels: Uint8Array, factor: number) => void;
} = {
  brightness: (pixels, factor) => blendAll(pixels, 0, factor),
  contrast: (pixels, factor) => blendAll(pixels, meanLuma(pixels), factor),
  saturation(pixels, factor) {
    for (let i = 0; i < pixels.length; i += 3) {
      const gray = luma(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
      pixels[i] = blend(gray, pixels[i]!, factor);
      pixels[i + 1] = blend(gray, pixels[i + 1]!, factor);
      pixels[i + 2] = blend(gray, pixels[i + 2]!, factor);
    }
  },
};

/** Shifts the hue of all pixels in place, in HSV as torchvision's `adjust_hue`. @param shift in turns, -0.5..0.5 */
export function adjustHue(pixels: Uint8Array, shift: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const red = pixels[i]!;
    const green = pixels[i + 1]!;
    const blue = pixels[i + 2]!;
    const max = Math.max(red, green, blue);
    const range = max - Math.min(red, green, blue);
    if (range === 0) continue;
    const sector =
      max === red
        ? (green - blue) / range
        : max === green
          ? 2 + (blue - red) / range
          : 4 + (red - green) / range;
    const hue = (((sector / 6 + shift) % 1) + 1) % 1;
    for (let channel = 0; channel < 3; channel++) {
      // Smith 1978: how far each channel is below the maximum, by its distance from the hue.
      const k = (5 - 2 * channel + hue * 6 + 6) % 6;
      pixels[i + channel] = Math.round(max - range * Math.max(0, Math.min(k, 4 - k, 1)));
    }
  }
}

/**
 * torchvision's `ColorJitter`, in place: the adjustments in random order, each with a random factor. Hue is shifted only if `hue` is set.
 */
export function jitterColors(pixels: Uint8Array, jitter: ColorJitter, stream: Rng): void {
  const {hue = 0} = jitter;
  const names = [
    'brightness',
    'contrast',
    'saturation',
    ...(hue > 0 ? (['hue'] as const) : []),
  ] as const;
  for (const name of shuffle(names, stream)) {
    if (name === 'hue') {
      adjustHue(pixels, stream.uniform(-hue, hue));
      continue;
    }
    const factor = stream.uniform(Math.max(0, 1 - jitter[name]), 1 + jitter[name]);
    if (jitter[name] > 0) ADJUSTMENTS[name](pixels, factor);
  }
}
