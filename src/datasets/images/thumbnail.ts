import sharp from 'sharp';
import {mapConcurrently} from '../../core/async.js';
import {decodeFile} from './decode.js';
import type {Sample} from '../sample.js';
import type {DecodedImage} from './resample.js';

/** Side of a thumbnail, in pixels: sharp at the report's display size, even on the densest screens. */
export const THUMBNAIL_SIZE = 160;

/** Side of a thumbnail among many, in pixels. */
export const SMALL_THUMBNAIL_SIZE = 80;

/** Renders the center of a decoded image as a small `data:image/webp` URL, for a page that loads nothing. */
export async function createThumbnail(
  {data, width, height}: DecodedImage,
  size = THUMBNAIL_SIZE,
): Promise<string> {
  const webp = await sharp(data, {raw: {width, height, channels: 3}})
    .resize(size, size, {fit: 'cover'})
    .webp({quality: 62})
    .toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}

/** Encodes 8-bit RGB pixels as a JPEG file. */
export const encodeJpeg = ({data, width, height}: DecodedImage): Promise<Buffer> =>
  sharp(data, {raw: {width, height, channels: 3}})
    .jpeg({quality: 90})
    .toBuffer();

/** Encodes 8-bit RGB pixels as a PNG file. */
export const encodePng = ({data, width, height}: DecodedImage): Promise<Buffer> =>
  sharp(data, {raw: {width, height, channels: 3}})
    .png()
    .toBuffer();

/** Creates thumbnails by image name; none for unreadable images. */
export async function createThumbnails(samples: readonly Sample[]): Promise<Map<string, string>> {
  const thumbnails = await mapConcurrently(samples, 4, async ({name, path}) => {
    const dataUrl = await decodeFile(path, {resizeSize: THUMBNAIL_SIZE}).then(
      image => createThumbnail(image),
      () => undefined,
    );
    return [name, dataUrl] as const;
  });
  return new Map(
    thumbnails.flatMap(([name, dataUrl]) =>
      dataUrl === undefined ? [] : [[name, dataUrl] as const],
    ),
  );
}

/** Opacity of the highest value. */
const OPACITY = 0.6;

/**
 * Renders values as a tiny PNG to lay over an image, as a `data:image/png` URL: a pixel for each value, transparent at 0, then yellow to red
 * at the highest. A browser that stretches it interpolates between the centers of the pixels.
 * @param values row by row, at least 0
 */
export async function createHeatMap(
  values: Float32Array,
  {rows, columns}: {readonly rows: number; readonly columns: number},
): Promise<string> {
  const highest = values.reduce((a, b) => Math.max(a, b), 0);
  const pixels = new Uint8Array(4 * values.length);
  values.forEach((value, i) => {
    const share = highest > 0 ? value / highest : 0;
    pixels.set([255, Math.round(220 * (1 - share)), 0, Math.round(255 * OPACITY * share)], 4 * i);
  });
  const png = await sharp(pixels, {raw: {width: columns, height: rows, channels: 4}})
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
