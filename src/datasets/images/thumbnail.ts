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

/** Tiles in a row of a sheet. */
export const SHEET_COLUMNS = 16;

/**
 * Renders the centers of decoded images as tiles of one image, row by row, as a `data:image/webp` URL. Many thumbnails take a third of their
 * own size.
 * @param size side of a tile, in pixels
 */
export async function createThumbnailSheet(
  images: readonly DecodedImage[],
  size: number,
): Promise<string> {
  const tiles = await mapConcurrently(images, 4, async ({data, width, height}, i) => ({
    input: await sharp(data, {raw: {width, height, channels: 3}})
      .resize(size, size, {fit: 'cover'})
      .raw()
      .toBuffer(),
    raw: {width: size, height: size, channels: 3 as const},
    left: (i % SHEET_COLUMNS) * size,
    top: Math.floor(i / SHEET_COLUMNS) * size,
  }));
  const webp = await sharp({
    create: {
      width: Math.min(images.length, SHEET_COLUMNS) * size,
      height: Math.ceil(images.length / SHEET_COLUMNS) * size,
      channels: 3,
      background: 'gray',
    },
  })
    .composite(tiles)
    .webp({quality: 50})
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
