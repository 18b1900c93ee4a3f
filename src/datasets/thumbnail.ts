import sharp from 'sharp';
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
