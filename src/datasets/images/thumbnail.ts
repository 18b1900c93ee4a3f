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
