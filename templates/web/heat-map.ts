import {heatColor, UNSEEN_COLOR} from '../../src/datasets/activation-maps/heat-colors.js';
import {sampleMean, type PlacedMap} from '../../src/datasets/activation-maps/placed-map.js';
import type {ImageSize} from '../../src/datasets/images/resample.js';

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
    drawn.data.set(value === undefined ? UNSEEN_COLOR : heatColor(value), index * 4),
  );
  return drawn;
}
