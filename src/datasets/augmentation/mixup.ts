import type {Rng} from '../../core/rng.js';

/**
 * Settings of mixup and cutmix. Each is the parameter of the Beta distribution of lambda, the share of the first image, which is drawn once
 * per batch. If both are above 0, one of the two is drawn for each batch.
 */
export interface Mixing {
  /** Mixup blends two images: Zhang et al., https://arxiv.org/abs/1710.09412. */
  readonly mixupAlpha?: number;
  /** Cutmix pastes a rectangle of one image into the other: Yun et al., https://arxiv.org/abs/1905.04899. */
  readonly cutmixAlpha?: number;
}

/** The pairing and lambda of a mixed batch. */
export interface MixedBatch {
  /** `[n]`: index in the batch of the image that each image was mixed with. */
  readonly pairing: readonly number[];
  /** Share of the image itself, 0..1. The rest is the share of the paired image. */
  readonly lambda: number;
}

export const isMixing = ({mixupAlpha = 0, cutmixAlpha = 0}: Mixing): boolean =>
  mixupAlpha > 0 || cutmixAlpha > 0;

/** Samples a Gamma distribution (Marsaglia and Tsang 2000). For shapes below 1, the result is scaled by a power of a uniform number. */
function gamma(shape: number, stream: Rng): number {
  if (shape < 1) return gamma(shape + 1, stream) * (1 - stream.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = stream.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - stream.next()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return d * v;
  }
}

function beta(shape: number, stream: Rng): number {
  const [a, b] = [gamma(shape, stream), gamma(shape, stream)];
  return a + b === 0 ? 0.5 : a / (a + b);
}

/**
 * Mixes the images of a batch in place, each with the next one, the last with the first.
 *
 * @param images `[n, size, size, 3]`
 */
export function mixBatch(
  images: Uint8Array,
  size: number,
  {mixupAlpha = 0, cutmixAlpha = 0}: Mixing,
  stream: Rng,
): MixedBatch {
  const area = size * size * 3;
  const count = images.length / area;
  const pairing = Array.from({length: count}, (_, i) => (i + 1) % count);
  const isCut = stream.next() < 0.5 ? cutmixAlpha > 0 : mixupAlpha <= 0;
  const lambda = beta(isCut ? cutmixAlpha : mixupAlpha, stream);
  // The slice of a Buffer would be no copy.
  const source = new Uint8Array(images);
  const pairedImage = (i: number): Uint8Array =>
    source.subarray(pairing[i]! * area, (pairing[i]! + 1) * area);
  if (isCut) return {pairing, lambda: pasteRectangles(images, size, lambda, pairedImage, stream)};
  for (let i = 0; i < count; i++)
    blend(images.subarray(i * area, (i + 1) * area), pairedImage(i), lambda);
  return {pairing, lambda};
}

function blend(pixels: Uint8Array, other: Uint8Array, lambda: number): void {
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = Math.round(lambda * pixels[i]! + (1 - lambda) * other[i]!);
}

/** Pastes the same rectangle of the paired image into each image. @returns lambda, computed from the pixel count */
function pasteRectangles(
  images: Uint8Array,
  size: number,
  lambda: number,
  pairedImage: (i: number) => Uint8Array,
  stream: Rng,
): number {
  const half = Math.trunc((size * Math.sqrt(1 - lambda)) / 2);
  const [x, y] = [stream.integer(size), stream.integer(size)];
  const [left, right] = [Math.max(0, x - half), Math.min(size, x + half)];
  const [top, bottom] = [Math.max(0, y - half), Math.min(size, y + half)];
  const area = size * size * 3;
  for (let i = 0; i < images.length / area; i++) {
    const other = pairedImage(i);
    for (let row = top; row < bottom; row++) {
      const [from, to] = [(row * size + left) * 3, (row * size + right) * 3];
      images.set(other.subarray(from, to), i * area + from);
    }
  }
  return 1 - ((right - left) * (bottom - top)) / (size * size);
}
