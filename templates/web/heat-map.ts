import {sampleMean, type PlacedMap} from '../../src/datasets/activation-maps/placed-map.js';
import type {ImageSize} from '../../src/datasets/images/resample.js';

/** Colors from no activation to the strongest: red, green, blue, opacity 0..255. */
const COLORS = [
  [23, 20, 70, 120],
  [123, 31, 125, 130],
  [226, 85, 70, 140],
  [252, 176, 64, 150],
  [255, 243, 176, 160],
] as const;

/** What no network sees. */
const UNSEEN = [127, 127, 127, 190] as const;

function colorOf(value: number): readonly number[] {
  const position = Math.min(value, 1) * (COLORS.length - 1);
  const index = Math.min(Math.floor(position), COLORS.length - 2);
  return COLORS[index]!.map(
    (from, channel) => from + (position - index) * (COLORS[index + 1]![channel]! - from),
  );
}

/**
 * Draws the mean of activation maps as an image, to be laid over the image.
 * @param image size in the pixels of the regions of the maps
 * @param size size of the drawing
 */
export function drawHeatMap(
  maps: readonly PlacedMap[],
  image: ImageSize,
  {width, height}: ImageSize,
): ImageData {
  const drawn = new ImageData(width, height);
  sampleMean(maps, image, {width, height}, (index, value) =>
    drawn.data.set(value === undefined ? UNSEEN : colorOf(value), index * 4),
  );
  return drawn;
}
