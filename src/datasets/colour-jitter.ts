import {shuffled} from '../core/random.js';
import type {Random} from '../core/random.js';

/** How far each factor may stray from 1: 0.2 draws it from [0.8, 1.2). */
export interface ColourJitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** PIL's `L` conversion (ITU-R 601-2), 16-bit fixed point. */
const luma = (red: number, green: number, blue: number): number => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

/** PIL's `blend`: from `degenerate` towards (or past) `value`, cut to 8 bits without rounding. */
function blend(degenerate: number, value: number, factor: number): number {
  const blended = degenerate + factor * (value - degenerate);
  return blended <= 0 ? 0 : blended >= 255 ? 255 : Math.trunc(blended);
}

/** Brightness and contrast are functions of the value alone: 256 answers serve all pixels. */
function blendAll(pixels: Uint8Array, degenerate: number, factor: number): void {
  const table = Uint8Array.from({length: 256}, (_, value) => blend(degenerate, value, factor));
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i]!]!;
}

function meanLuma(pixels: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) sum += luma(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
  return Math.floor(sum / (pixels.length / 3) + 0.5);
}

/** PIL's `ImageEnhance`, in place: each blends the image with black, with its mean grey, or with its own greys. */
export const ADJUSTMENTS: {readonly [name in keyof ColourJitter]: (pixels: Uint8Array, factor: number) => void} = {
  brightness: (pixels, factor) => blendAll(pixels, 0, factor),
  contrast: (pixels, factor) => blendAll(pixels, meanLuma(pixels), factor),
  saturation(pixels, factor) {
    for (let i = 0; i < pixels.length; i += 3) {
      const grey = luma(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
      pixels[i] = blend(grey, pixels[i]!, factor);
      pixels[i + 1] = blend(grey, pixels[i + 1]!, factor);
      pixels[i + 2] = blend(grey, pixels[i + 2]!, factor);
    }
  },
};

/** torchvision's `ColorJitter` without hue: the adjustments in a drawn order, each with a drawn factor. In place. */
export function jitterColours(pixels: Uint8Array, jitter: ColourJitter, stream: Random): void {
  for (const name of shuffled(['brightness', 'contrast', 'saturation'] as const, stream)) {
    const factor = stream.between(Math.max(0, 1 - jitter[name]), 1 + jitter[name]);
    if (jitter[name] > 0) ADJUSTMENTS[name](pixels, factor);
  }
}
