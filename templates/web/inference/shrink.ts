import type {DecodedImage, ImageSize} from '../../../src/datasets/images/resample.js';

/** Pixels as a canvas stores them: red, green, blue and alpha, a byte each. */
export interface CanvasPixels extends ImageSize {
  readonly data: Uint8ClampedArray;
}

/** For each output pixel along an axis: the first input pixel that it is made of, and the weights of that pixel and those behind it. */
type Taps = readonly {readonly start: number; readonly weights: Float32Array}[];

/** Weights of input pixels `first`, `first + 1` ..., normalized. Pixels beyond an edge are copies of that edge, as in libvips. */
function clampTaps(first: number, weights: readonly number[], length: number): Taps[number] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const clamped = weights.map((_, tap) => Math.min(Math.max(first + tap, 0), length - 1));
  const [start, end] = [clamped[0]!, clamped.at(-1)!];
  const merged = new Float32Array(end - start + 1);
  clamped.forEach((pixel, tap) => (merged[pixel - start]! += weights[tap]! / sum));
  return {start, weights: merged};
}

/** Means of `count` pixels that follow each other. */
const boxTaps = (length: number, count: number): Taps =>
  Array.from({length: Math.ceil(length / count)}, (_, i) =>
    clampTaps(i * count, Array<number>(count).fill(1), length),
  );

/** Weights of a triangle that is as wide as two output pixels: PIL's bilinear filter, which is antialiased. */
const triangleTaps = (length: number, size: number, scale: number): Taps =>
  Array.from({length: size}, (_, i) => {
    const center = (i + 0.5) * scale - 0.5;
    const [first, last] = [Math.ceil(center - scale), Math.floor(center + scale)];
    const weights = Array.from(
      {length: last - first + 1},
      (_, tap) => 1 - Math.abs(first + tap - center) / scale,
    );
    return clampTaps(first, weights, length);
  });

/** The passes that shrink an axis. As in libvips, whole pixels are averaged first, where at least a half remains for the triangle. */
function planPasses(length: number, size: number): Taps[] {
  const scale = length / size;
  const count = Math.max(1, Math.floor(scale / 2));
  const boxes = count > 1 ? [boxTaps(length, count)] : [];
  const remaining = Math.ceil(length / count);
  return size === length ? [] : [...boxes, triangleTaps(remaining, size, scale / count)];
}

/** Pixels without alpha, `[height, width, 3]`, rounded to bytes after each pass. */
type Rows = Uint8Array | Uint8ClampedArray;

function shrinkRows(rows: Rows, width: number, taps: Taps): Rows {
  const row = width * 3;
  const shrunk = new Uint8ClampedArray(taps.length * row);
  const sums = new Float32Array(row);
  taps.forEach(({start, weights}, y) => {
    sums.fill(0);
    weights.forEach((weight, tap) => {
      const from = (start + tap) * row;
      for (let i = 0; i < row; i++) sums[i]! += weight * rows[from + i]!;
    });
    shrunk.set(sums, y * row);
  });
  return shrunk;
}

function shrinkColumns(rows: Rows, width: number, taps: Taps): Rows {
  const height = rows.length / (width * 3);
  const shrunk = new Uint8ClampedArray(height * taps.length * 3);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (const {start, weights} of taps) {
      let from = (y * width + start) * 3;
      let [red, green, blue] = [0, 0, 0];
      for (let tap = 0; tap < weights.length; tap++, from += 3) {
        const weight = weights[tap]!;
        red += weight * rows[from]!;
        green += weight * rows[from + 1]!;
        blue += weight * rows[from + 2]!;
      }
      shrunk[to++] = red;
      shrunk[to++] = green;
      shrunk[to++] = blue;
    }
  return shrunk;
}

function withoutAlpha({data, width, height}: CanvasPixels): Rows {
  const rows = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rows[to++] = data[from]!;
    rows[to++] = data[from + 1]!;
    rows[to++] = data[from + 2]!;
  }
  return rows;
}

/**
 * Shrinks an opaque image, or leaves it at its size, as libvips does for Node: rows first, then columns. A canvas would do it in the way of
 * its browser.
 */
export function shrink(image: CanvasPixels, {width, height}: ImageSize): DecodedImage {
  const rows = planPasses(image.height, height).reduce(
    (pixels, taps) => shrinkRows(pixels, image.width, taps),
    withoutAlpha(image),
  );
  const {pixels} = planPasses(image.width, width).reduce(
    (each, taps) => ({pixels: shrinkColumns(each.pixels, each.width, taps), width: taps.length}),
    {pixels: rows, width: image.width},
  );
  return {width, height, data: new Uint8Array(pixels.buffer)};
}
