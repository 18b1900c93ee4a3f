import sharp from 'sharp';
import {concurrently} from './concurrently.js';
import {decode} from './decode.js';
import type {Sample} from './image-folder.js';
import type {DecodedImage} from './resample.js';

/** Side of a thumbnail, in pixels: sharp on the densest screens at the size a report shows it. */
const SIDE = 160;

/** The middle of a decoded image as a small picture: a `data:image/jpeg` address for a page that loads nothing. */
export async function thumbnail({data, width, height}: DecodedImage): Promise<string> {
  const jpeg = await sharp(data, {raw: {width, height, channels: 3}})
    .resize(SIDE, SIDE, {fit: 'cover'})
    .jpeg({quality: 72})
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

/** Thumbnails of images by name; of what cannot be read, none. */
export async function thumbnailsOf(samples: readonly Sample[]): Promise<Map<string, string>> {
  const made = await concurrently(samples, 4, async ({name, path}) => {
    const address = await decode(path, {resizeSize: SIDE}).then(thumbnail, () => undefined);
    return [name, address] as const;
  });
  return new Map(made.flatMap(([name, address]) => (address === undefined ? [] : [[name, address] as const])));
}
