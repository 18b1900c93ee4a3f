import sharp from 'sharp';
import {mapConcurrently} from '../../core/async.js';
import {decodeFile} from './decode.js';
import type {Sample} from '../sample.js';
import type {DecodedImage} from './resample.js';

/** Side of a thumbnail, in pixels: sharp at the report's display size, even on the densest screens. */
export const THUMBNAIL_SIZE = 160;

/** Renders the center of a decoded image as a small `data:image/jpeg` URL, for a page that loads nothing. */
export async function createThumbnail({data, width, height}: DecodedImage): Promise<string> {
  const jpeg = await sharp(data, {raw: {width, height, channels: 3}})
    .resize(THUMBNAIL_SIZE, THUMBNAIL_SIZE, {fit: 'cover'})
    .jpeg({quality: 72})
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
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
      createThumbnail,
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
