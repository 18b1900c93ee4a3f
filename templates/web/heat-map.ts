import type {ImageSize} from '../../src/datasets/images/resample.js';
import type {PlacedMap} from './inference/web-model.js';

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

/** Value of a map between its places, at a point of the image. Undefined where the network does not see the point. */
export function sampleMap(
  {region, rows, columns, values}: PlacedMap,
  x: number,
  y: number,
): number | undefined {
  const [u, v] = [(x - region.left) / region.width, (y - region.top) / region.height];
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return undefined;
  const clamp = (place: number, count: number): number =>
    Math.min(Math.max(place * count - 0.5, 0), count - 1);
  const [column, row] = [clamp(u, columns), clamp(v, rows)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const at = (i: number, j: number): number =>
    values[Math.min(i, rows - 1) * columns + Math.min(j, columns - 1)]!;
  const blend = (from: number, to: number, share: number): number => from + (to - from) * share;
  return blend(
    blend(at(top, left), at(top, left + 1), column - left),
    blend(at(top + 1, left), at(top + 1, left + 1), column - left),
    row - top,
  );
}

/** Each map is scaled to a maximum of 1, so that every network of an ensemble counts alike. */
const scaled = (map: PlacedMap): PlacedMap => {
  const max = map.values.reduce((largest, value) => Math.max(largest, value), 0);
  return {...map, values: map.values.map(value => (max > 0 ? value / max : 0))};
};

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
  const all = maps.map(scaled);
  const drawn = new ImageData(width, height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [atX, atY] = [((x + 0.5) * image.width) / width, ((y + 0.5) * image.height) / height];
      const seen = all.map(map => sampleMap(map, atX, atY)).filter(value => value !== undefined);
      const sum = seen.reduce((total, value) => total + value, 0);
      drawn.data.set(seen.length === 0 ? UNSEEN : colorOf(sum / all.length), (y * width + x) * 4);
    }
  return drawn;
}
