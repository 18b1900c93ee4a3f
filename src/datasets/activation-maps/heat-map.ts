import sharp from 'sharp';
import {decodeToFit} from '../images/decode.js';
import {readImage, type ImageInput} from '../images/read-square.js';
import type {ImageSize} from '../images/resample.js';
import {heatColor, UNSEEN_COLOR} from './heat-colors.js';
import {sampleMean, type ActivationMap, type PlacedMap} from './placed-map.js';

/**
 * Renders values as a tiny PNG to lay over an image, as a `data:image/png` URL: a pixel for each value. A browser that stretches it
 * interpolates between the centers of the pixels.
 */
export async function createHeatMap({rows, columns, values}: ActivationMap): Promise<string> {
  const highest = values.reduce((a, b) => Math.max(a, b), 0);
  const pixels = new Uint8Array(4 * values.length);
  values.forEach((value, i) => pixels.set(heatColor(highest > 0 ? value / highest : 0), 4 * i));
  const png = await sharp(pixels, {raw: {width: columns, height: rows, channels: 4}})
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** Long side of an explained image, in pixels. Smaller images keep their size. */
const MAX_SIDE = 1024;

/** Small images are enlarged to this long side, so that a map is visible. */
const MIN_SIDE = 256;

/**
 * Lays the mean of activation maps over their image, and grays what no network sees.
 * @param imageSize size of the upright image
 * @returns a JPEG file
 * @throws ImageError
 */
export async function drawOverlay(
  image: ImageInput,
  imageSize: ImageSize,
  maps: readonly PlacedMap[],
): Promise<Buffer> {
  const {data, width, height} = await readImage(image, bytes =>
    decodeToFit(bytes, MIN_SIDE, MAX_SIDE),
  );
  sampleMean(maps, imageSize, {width, height}, (index, value) => {
    const [red, green, blue, opacity] = value === undefined ? UNSEEN_COLOR : heatColor(value);
    [red, green, blue].forEach((color, channel) => {
      const at = 3 * index + channel;
      data[at] = Math.round(data[at]! + (opacity / 255) * (color - data[at]!));
    });
  });
  return sharp(data, {raw: {width, height, channels: 3}})
    .jpeg({quality: 90, chromaSubsampling: '4:4:4'})
    .toBuffer();
}
