import {ImageError} from '../images/image-error.js';
import type {ImageSize} from '../images/resample.js';

/** An image as a decoder of ours leaves it: upright, 8 bits a channel, rows from the top. */
export interface Raster extends ImageSize {
  /** `[height, width, channels]`: gray, RGB or RGBA. */
  readonly data: Uint8Array;
  readonly channels: 1 | 3 | 4;
  /** The ICC profile of its colors; sRGB where there is none. */
  readonly profile?: Uint8Array;
}

/** What a header must tell before room for pixels is made. */
export interface RasterHeader extends ImageSize {
  /** Bits of a channel, as they are stored. */
  readonly depth: number;
  readonly hasAlpha: boolean;
}

/** A format that is read here. */
export interface RasterDecoder {
  header(bytes: Uint8Array): RasterHeader | Promise<RasterHeader>;
  /** Called for headers within the limits only. */
  decode(bytes: Uint8Array): Raster | Promise<Raster>;
}

/** A file that ends too early, or contradicts itself. */
export const damagedImageError = (): ImageError => new ImageError('it is damaged or cut off');
