import sharp from 'sharp';
import type {DecodedImage} from './resample.js';

/** Encodes 8-bit RGB pixels as a PNG file. */
export const encodePng = ({data, width, height}: DecodedImage): Promise<Buffer> =>
  sharp(data, {raw: {width, height, channels: 3}})
    .png()
    .toBuffer();
