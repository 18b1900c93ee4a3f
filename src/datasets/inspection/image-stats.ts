import {computeCellLuminances} from '../images/luminance.js';
import type {ImageHeader} from '../images/image-header.js';
import type {DecodedImage} from '../images/resample.js';
import {FINGERPRINT_SIDE} from '../duplicates/fingerprint.js';

/** Side of the grid of means, in cells. Details smaller than a cell do not count. */
const GRID = 4 * FINGERPRINT_SIDE;

/** Pixel statistics of an image. */
export interface ImageStats {
  /** Mean luminance, 0..255. */
  readonly brightness: number;
  /** Mean absolute deviation of the luminances, 0..127. */
  readonly contrast: number;
  /** Mean second difference of neighboring luminances divided by the contrast: the share of the contrast in details. */
  readonly sharpness: number;
  readonly hasColor: boolean;
  /** Fingerprint, as `computeFingerprint` returns it. */
  readonly fingerprint: Uint8Array;
}

/** Header and pixel statistics of an image. */
export type ImageInfo = ImageStats & Omit<ImageHeader, 'isSimpleJpeg' | 'isStreamed'>;

/** The result of inspecting a file. */
export interface InspectedFile {
  /** SHA-256 of the bytes, in hex; undefined if the file cannot be opened. */
  readonly hash?: string;
  /** The reason why the image is unreadable. */
  readonly error?: string;
  /** Header and statistics of a readable image. */
  readonly image?: ImageInfo;
}

const mean = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function meanSecondDifference(grid: Float32Array): number {
  let sum = 0;
  for (let y = 1; y < GRID - 1; y++) {
    for (let x = 1; x < GRID - 1; x++) {
      const at = y * GRID + x;
      sum += Math.abs(
        4 * grid[at]! - grid[at - 1]! - grid[at + 1]! - grid[at - GRID]! - grid[at + GRID]!,
      );
    }
  }
  return sum / (GRID - 2) ** 2;
}

/** Downsamples the grid to a fingerprint; each cell of it is 4 x 4 cells of the grid. */
function downsampleGrid(grid: Float32Array): Uint8Array {
  const fingerprint = new Uint8Array(FINGERPRINT_SIDE * FINGERPRINT_SIDE);
  for (let i = 0; i < fingerprint.length; i++) {
    const first = Math.floor(i / FINGERPRINT_SIDE) * 4 * GRID + (i % FINGERPRINT_SIDE) * 4;
    let sum = 0;
    for (let cell = 0; cell < 16; cell++) sum += grid[first + (cell >> 2) * GRID + (cell & 3)]!;
    fingerprint[i] = Math.round(sum / 16);
  }
  return fingerprint;
}

/** Number of pixels sampled for color, and the maximum spread of red, green and blue of a gray pixel. */
const [COLOR_SAMPLES, MAX_GRAY_SPREAD] = [1024, 6];

function hasColor({data}: DecodedImage): boolean {
  const count = data.length / 3;
  const step = Math.max(1, Math.floor(count / COLOR_SAMPLES));
  let colored = 0;
  for (let pixel = 0; pixel < count; pixel += step) {
    const [red, green, blue] = [data[3 * pixel]!, data[3 * pixel + 1]!, data[3 * pixel + 2]!];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > MAX_GRAY_SPREAD) colored++;
  }
  return colored > (0.01 * count) / step;
}

/** Computes the statistics of an image. */
export function computeImageStats(image: DecodedImage): ImageStats {
  const grid = computeCellLuminances(image, GRID);
  const brightness = mean(grid);
  const contrast = mean(grid.map(value => Math.abs(value - brightness)));
  return {
    brightness,
    contrast,
    sharpness: contrast === 0 ? 0 : meanSecondDifference(grid) / contrast,
    hasColor: hasColor(image),
    fingerprint: downsampleGrid(grid),
  };
}
