import type {Rng} from '../../core/rng.js';

// Operations on square images, `[size, size, 3]`, in place. They run in the augmentation threads.

/** Flips an image vertically. */
export function flipVertically(pixels: Uint8Array, size: number): void {
  const row = size * 3;
  const saved = new Uint8Array(row);
  for (let y = 0; y < size >> 1; y++) {
    const [upper, lower] = [y * row, (size - 1 - y) * row];
    saved.set(pixels.subarray(upper, upper + row));
    pixels.copyWithin(upper, lower, lower + row);
    pixels.set(saved, lower);
  }
}

/**
 * Shifts an image by up to `padding` pixels either way. What comes in is black, as in torchvision's `RandomCrop(size, padding)`; the
 * augmentation of He et al., section 4.2.
 */
export function padAndCrop(pixels: Uint8Array, size: number, padding: number, rng: Rng): void {
  const source = pixels.slice();
  const [top, left] = [rng.integer(2 * padding + 1), rng.integer(2 * padding + 1)];
  const [down, right] = [top - padding, left - padding];
  const [from, to] = [Math.max(0, -right), Math.min(size, size - right)];
  pixels.fill(0);
  for (let y = Math.max(0, -down); y < Math.min(size, size - down); y++) {
    const row = ((y + down) * size + right) * 3;
    if (from < to) pixels.set(source.subarray(row + 3 * from, row + 3 * to), (y * size + from) * 3);
  }
}

const clamp = (value: number, size: number): number => Math.min(size - 1, Math.max(0, value));

/** Coefficients `[a, b, c, d, e, f]`. The output pixel at (x, y) samples (a x + b y + c, d x + e y + f), in pixels from the center. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Applies an affine transform with bilinear sampling. Outside pixels repeat the edge: a model could learn to detect black corners. */
export function warp(pixels: Uint8Array, size: number, [a, b, c, d, e, f]: Affine): void {
  const source = pixels.slice();
  const middle = (size - 1) / 2;
  let at = 0;
  for (let y = -middle; y <= middle; y++) {
    for (let x = -middle; x <= middle; x++, at += 3) {
      const left = clamp(a * x + b * y + c + middle, size);
      const top = clamp(d * x + e * y + f + middle, size);
      const x0 = Math.floor(left);
      const y0 = Math.floor(top);
      const upper = (y0 * size + x0) * 3;
      const right = x0 + 1 < size ? 3 : 0;
      const lower = upper + (y0 + 1 < size ? size * 3 : 0);
      for (let channel = 0; channel < 3; channel++) {
        const above =
          source[upper + channel]! +
          (source[upper + right + channel]! - source[upper + channel]!) * (left - x0);
        const below =
          source[lower + channel]! +
          (source[lower + right + channel]! - source[lower + channel]!) * (left - x0);
        pixels[at + channel] = Math.round(above + (below - above) * (top - y0));
      }
    }
  }
}

/** Rotates about the center. @param degrees counterclockwise, as in PIL's and torchvision's `rotate` */
export function rotate(pixels: Uint8Array, size: number, degrees: number): void {
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  warp(pixels, size, [cosine, -sine, 0, sine, cosine, 0]);
}

/** Converts to grayscale by PIL's `L` conversion (ITU-R 601-2). */
export function toGrayscale(pixels: Uint8Array): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const gray =
      (pixels[i]! * 19595 + pixels[i + 1]! * 38470 + pixels[i + 2]! * 7471 + 0x8000) >> 16;
    pixels[i] = pixels[i + 1] = pixels[i + 2] = gray;
  }
}

/** Half of a Gaussian kernel, from the center outwards. The full kernel sums to 1. */
function gaussian(sigma: number): Float64Array {
  const half = Float64Array.from({length: Math.ceil(3 * sigma) + 1}, (_, i) =>
    Math.exp(-(i * i) / (2 * sigma * sigma)),
  );
  const sum = half.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return half.map(weight => weight / sum);
}

/** Blurs along rows or columns, with repeated edges. @param step offset between neighboring pixels @param stride between lines */
function blurLines(
  pixels: Uint8Array,
  size: number,
  weights: Float64Array,
  step: number,
  stride: number,
): void {
  const reach = weights.length - 1;
  const line = new Float64Array(size + 2 * reach);
  for (let start = 0; start < 3 * size; start++) {
    const first = Math.floor(start / 3) * stride + (start % 3);
    for (let j = -reach; j < size + reach; j++)
      line[j + reach] = pixels[first + clamp(j, size) * step]!;
    for (let j = 0; j < size; j++) {
      let sum = weights[0]! * line[j + reach]!;
      for (let k = 1; k <= reach; k++)
        sum += weights[k]! * (line[j + reach - k]! + line[j + reach + k]!);
      pixels[first + j * step] = Math.round(sum);
    }
  }
}

/** Gaussian blur. @param sigma in pixels, above 0 */
export function blur(pixels: Uint8Array, size: number, sigma: number): void {
  const weights = gaussian(sigma);
  blurLines(pixels, size, weights, 3, size * 3);
  blurLines(pixels, size, weights, size * 3, 3);
}

/** Ranges of the erased rectangle: its share of the area, and its width over its height. */
export interface RandomErasing {
  readonly probability: number;
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
}

const ATTEMPTS = 10;

/** Random erasing (Zhong et al., https://arxiv.org/abs/1708.04896): fills a random rectangle with the mean color of the image. */
export function eraseRandomly(
  pixels: Uint8Array,
  size: number,
  {scale, ratio}: RandomErasing,
  stream: Rng,
): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = size * size * stream.uniform(...scale);
    const aspect = Math.exp(stream.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const [width, height] = [
      Math.round(Math.sqrt(area * aspect)),
      Math.round(Math.sqrt(area / aspect)),
    ];
    if (width < 1 || height < 1 || width >= size || height >= size) continue;
    const [left, top] = [stream.integer(size - width + 1), stream.integer(size - height + 1)];
    const color = meanColor(pixels);
    for (let y = top; y < top + height; y++) {
      for (let at = (y * size + left) * 3; at < (y * size + left + width) * 3; at += 3)
        pixels.set(color, at);
    }
    return;
  }
}

function meanColor(pixels: Uint8Array): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < pixels.length; i += 3) for (let c = 0; c < 3; c++) sums[c]! += pixels[i + c]!;
  return sums.map(sum => Math.round((3 * sum) / pixels.length)) as [number, number, number];
}
