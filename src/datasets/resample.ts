import type {DecodedImage} from './decode.js';

/** A rectangle of whole pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Fixed point: 11 bits of weight a direction leave room for 8 bits of pixel in 32. */
const ONE = 2048;

/** For each output pixel of an axis: the two source pixels around its centre, and the weight of the second. */
function taps(start: number, length: number, size: number, mirrored: boolean): {near: Int32Array; far: Int32Array; weight: Int32Array} {
  const near = new Int32Array(size);
  const far = new Int32Array(size);
  const weight = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const centre = Math.min(Math.max(((i + 0.5) * length) / size - 0.5, 0), length - 1);
    const floor = Math.floor(centre);
    const at = mirrored ? size - 1 - i : i;
    near[at] = start + floor;
    far[at] = start + Math.min(floor + 1, length - 1);
    weight[at] = Math.round((centre - floor) * ONE);
  }
  return {near, far, weight};
}

/**
 * A window of an image at `size` x `size` pixels, `[size, size, 3]`, mirrored left to right on demand. Bilinear with half-pixel centres,
 * without antialiasing: cached images are hardly larger than what is cut from them.
 */
export function resample({data, width}: DecodedImage, window: Window, size: number, mirrored: boolean): Uint8ClampedArray {
  const columns = taps(window.left, window.width, size, mirrored);
  const rows = taps(window.top, window.height, size, false);
  const output = new Uint8ClampedArray(size * size * 3);
  let at = 0;
  for (let y = 0; y < size; y++) {
    const upper = rows.near[y]! * width;
    const lower = rows.far[y]! * width;
    const down = rows.weight[y]!;
    for (let x = 0; x < size; x++) {
      const near = columns.near[x]!;
      const far = columns.far[x]!;
      const right = columns.weight[x]!;
      const southEast = right * down;
      const southWest = down * ONE - southEast;
      const northEast = right * ONE - southEast;
      const northWest = ONE * ONE - southWest - right * ONE;
      const a = (upper + near) * 3;
      const b = (upper + far) * 3;
      const c = (lower + near) * 3;
      const d = (lower + far) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const sum =
          data[a + channel]! * northWest + data[b + channel]! * northEast + data[c + channel]! * southWest + data[d + channel]! * southEast;
        output[at++] = (sum + ONE * (ONE / 2)) >> 22;
      }
    }
  }
  return output;
}
