import {ImageError} from '../images/image-error.js';
import type {ImageSize} from '../images/resample.js';

/** An image decoded by this package: upright, 8 bits per channel, top row first. */
export interface Raster extends ImageSize {
  /** `[height, width, channels]`: gray, RGB or RGBA. */
  readonly data: Uint8Array;
  readonly channels: 1 | 3 | 4;
  /** ICC profile of the colors. Default: sRGB. */
  readonly profile?: Uint8Array;
}

/** Header fields that are needed before memory for pixels is allocated. */
export interface RasterHeader extends ImageSize {
  /** Stored bits per channel. */
  readonly depth: number;
  readonly hasAlpha: boolean;
}

/** A decoder of this package for one format. */
export interface RasterDecoder {
  header(bytes: Uint8Array): RasterHeader | Promise<RasterHeader>;
  /** Decodes the pixels. Called only if the header is within the limits. */
  decode(bytes: Uint8Array): Raster | Promise<Raster>;
}

/** An error for a truncated or inconsistent file. */
export const damagedImageError = (): ImageError => new ImageError('it is damaged or cut off');
