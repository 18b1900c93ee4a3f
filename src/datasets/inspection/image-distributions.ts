import type {ImageInfo} from './image-stats.js';

/** Number of bars of a histogram. */
const BINS = 24;

/** Counts of values in bins of equal width. */
export interface Histogram {
  /** Lower end of the first bin. */
  readonly from: number;
  /** Upper end of the last bin. */
  readonly to: number;
  readonly counts: readonly number[];
  /** Whether the bins have equal ratios instead of equal widths. */
  readonly isLogarithmic: boolean;
}

/**
 * What the readable images of a folder are like.
 *
 * @example
 * const {distributions} = await checkImages(folder);
 * console.log(distributions.shortSide?.from, distributions.shortSide?.to);
 */
export interface ImageDistributions {
  /** Short side in pixels. */
  readonly shortSide?: Histogram;
  /** Width divided by height. */
  readonly aspectRatio?: Histogram;
  /** Mean luminance, 0..255. */
  readonly brightness?: Histogram;
  /** Share of the contrast in details. */
  readonly sharpness?: Histogram;
}

/** @param values finite numbers, above 0 for a logarithmic histogram; undefined for none */
export function histogram(
  values: readonly number[],
  isLogarithmic: boolean,
  [least, most]: readonly [number, number] = [Infinity, -Infinity],
): Histogram | undefined {
  if (values.length === 0) return undefined;
  const from = values.reduce((low, value) => Math.min(low, value), least);
  const to = values.reduce((high, value) => Math.max(high, value), most);
  const scale = isLogarithmic ? Math.log : (value: number): number => value;
  const width = (scale(to) - scale(from)) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = width === 0 ? 0 : Math.floor((scale(value) - scale(from)) / width);
    counts[Math.min(BINS - 1, Math.max(0, bin))]!++;
  }
  return {from, to, counts, isLogarithmic};
}

/** Computes the distributions of images. All are absent for no images. */
export function imageDistributions(images: readonly ImageInfo[]): ImageDistributions {
  const shortSide = histogram(
    images.map(({size: {width, height}}) => Math.min(width, height)),
    true,
  );
  const aspectRatio = histogram(
    images.map(({size: {width, height}}) => width / height),
    true,
  );
  const brightness = histogram(
    images.map(image => image.brightness),
    false,
    [0, 255],
  );
  const sharpness = histogram(
    images.map(image => image.sharpness),
    false,
    [0, 0],
  );
  return {
    ...(shortSide && {shortSide}),
    ...(aspectRatio && {aspectRatio}),
    ...(brightness && {brightness}),
    ...(sharpness && {sharpness}),
  };
}
