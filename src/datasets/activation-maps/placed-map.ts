import type {Preprocessing} from '../../core/preprocessing.js';
import {centerCropBox} from '../images/crop.js';
import type {CropBox, ImageSize} from '../images/resample.js';
import {planResize} from '../images/resize-plan.js';

/**
 * Where the evidence for a class lies: a value for each place of the last feature map. The higher, the more evidence; 0 is none.
 *
 * @example
 * const {maps} = await model.explain('a.jpg');
 * const {rows, columns, values}: ActivationMap = maps[0];
 * const bottomRight = values[rows * columns - 1];
 */
export interface ActivationMap {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns]`, row by row, at least 0. In units of the logit; compare values within a map only. */
  readonly values: Float32Array;
}

/**
 * An activation map, and the region of the image that it covers: what the network sees.
 *
 * @example
 * const {maps} = await model.explain('a.jpg');
 * const {region, columns}: PlacedMap = maps[0];
 * const cellWidth = region.width / columns;
 */
export interface PlacedMap extends ActivationMap {
  /** In pixels of the upright image, not rounded. With padding it is larger than the image. */
  readonly region: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

/** The region of an image that the square of the network covers. @param image size of the upright image */
export function seenRegion(image: ImageSize, preprocessing: Preprocessing): CropBox {
  const {cropBox, size, padding} = planResize(image, preprocessing);
  const box = centerCropBox(padding ?? size, preprocessing.cropSize);
  const [across, down] = [cropBox.width / size.width, cropBox.height / size.height];
  return {
    left: cropBox.left + (box.left - (padding?.left ?? 0)) * across,
    top: cropBox.top + (box.top - (padding?.top ?? 0)) * down,
    width: box.width * across,
    height: box.height * down,
  };
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

/** The map with a maximum of 1, so that every network of an ensemble counts alike. A map without evidence stays 0. */
const scaled = <Map extends ActivationMap>(map: Map): Map => {
  const max = map.values.reduce((largest, value) => Math.max(largest, value), 0);
  return {...map, values: map.values.map(value => (max > 0 ? value / max : 0))};
};

/**
 * Samples the mean of maps on a grid over the image.
 * @param image size in the pixels of the regions of the maps
 * @param size size of the grid
 * @param write called for each pixel with its index, and the mean: 0..1, undefined where no network sees the pixel
 */
export function sampleMean(
  maps: readonly PlacedMap[],
  image: ImageSize,
  {width, height}: ImageSize,
  write: (index: number, value: number | undefined) => void,
): void {
  const all = maps.map(scaled);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [atX, atY] = [((x + 0.5) * image.width) / width, ((y + 0.5) * image.height) / height];
      const seen = all.map(map => sampleMap(map, atX, atY)).filter(value => value !== undefined);
      const sum = seen.reduce((total, value) => total + value, 0);
      write(y * width + x, seen.length === 0 ? undefined : sum / all.length);
    }
}
