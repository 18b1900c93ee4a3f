/** Pixels of one image: `[height, width, 3]`, RGB, 8 bits each. */
export interface DecodedImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in whole pixels. */
export interface CropBox extends ImageSize {
  readonly left: number;
  readonly top: number;
}

/** Fixed-point precision: 11 bits of weight in each direction leave room for 8 bits of pixel in an unsigned 32-bit integer. */
const WEIGHT_BITS = 11;
const ONE = 1 << WEIGHT_BITS;
const HALF = 1 << (2 * WEIGHT_BITS - 1);

/** For each output pixel along an axis: the two input pixels around its center, and the weight of the second one. */
interface Taps {
  readonly near: Int32Array;
  readonly far: Int32Array;
  readonly weight: Int32Array;
}

function computeTaps(length: number, size: number): Taps {
  const taps = {
    near: new Int32Array(size),
    far: new Int32Array(size),
    weight: new Int32Array(size),
  };
  for (let i = 0; i < size; i++) {
    const center = Math.min(Math.max(((i + 0.5) * length) / size - 0.5, 0), length - 1);
    const near = Math.floor(center);
    taps.near[i] = near;
    taps.far[i] = Math.min(near + 1, length - 1);
    taps.weight[i] = Math.round((center - near) * ONE);
  }
  return taps;
}

function reverseTaps({near, far, weight}: Taps): Taps {
  return {near: near.toReversed(), far: far.toReversed(), weight: weight.toReversed()};
}

/**
 * Resamples a crop of an image to another size, optionally mirrored left to right. Bilinear with half-pixel centers and no antialiasing:
 * identical to PIL's bilinear filter when enlarging. Use it to shrink only slightly, as from a cached image to a crop of it.
 *
 * @returns `[size.height, size.width, 3]`
 */
export function resample(
  {data, width}: DecodedImage,
  cropBox: CropBox,
  size: ImageSize,
  isMirrored = false,
): Uint8Array {
  const rows = computeTaps(cropBox.height, size.height);
  const columns = isMirrored
    ? reverseTaps(computeTaps(cropBox.width, size.width))
    : computeTaps(cropBox.width, size.width);
  const blended = new Int32Array(cropBox.width * 3);
  const output = new Uint8Array(size.width * size.height * 3);
  const rowAt = (row: number): number => ((cropBox.top + row) * width + cropBox.left) * 3;
  for (let y = 0; y < size.height; y++) {
    blendRows(data, rowAt(rows.near[y]!), rowAt(rows.far[y]!), rows.weight[y]!, blended);
    writeRow(blended, columns, output, y * size.width * 3);
  }
  return output;
}

function blendRows(
  data: Uint8Array,
  upper: number,
  lower: number,
  weight: number,
  blended: Int32Array,
): void {
  for (let i = 0; i < blended.length; i++) {
    const above = data[upper + i]!;
    blended[i] = (above << WEIGHT_BITS) + (data[lower + i]! - above) * weight;
  }
}

function writeRow(
  blended: Int32Array,
  {near, far, weight}: Taps,
  output: Uint8Array,
  start: number,
): void {
  let at = start;
  for (let x = 0; x < near.length; x++) {
    const left = near[x]! * 3;
    const right = far[x]! * 3;
    const rightWeight = weight[x]!;
    const leftWeight = ONE - rightWeight;
    output[at++] =
      (blended[left]! * leftWeight + blended[right]! * rightWeight + HALF) >>> (2 * WEIGHT_BITS);
    output[at++] =
      (blended[left + 1]! * leftWeight + blended[right + 1]! * rightWeight + HALF) >>>
      (2 * WEIGHT_BITS);
    output[at++] =
      (blended[left + 2]! * leftWeight + blended[right + 2]! * rightWeight + HALF) >>>
      (2 * WEIGHT_BITS);
  }
}
