import sharp from 'sharp';
import type {SharpOptions} from 'sharp';
import {ImageError} from '../images/image-error.js';
import type {Raster} from './raster.js';
import type {TiffTags} from './tiff-tags.js';

const SIGNED = 2;
const FLOAT = 3;
const [WHITE_IS_ZERO, YCBCR, CIELAB, ICCLAB, ITULAB, LOG_LUMINANCE, LOGLUV] = [
  0, 6, 8, 9, 10, 32_844, 32_845,
];
const [OLD_JPEG, JPEG] = [6, 7];
/** Supported compressions: none, CCITT, LZW, JPEG, deflate, PackBits. */
const COMPRESSIONS: readonly number[] = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946];
const COMPRESSION_NAMES: Readonly<Record<number, string>> = {
  [OLD_JPEG]: 'an outdated kind of JPEG',
  34_661: 'JBIG',
  34_712: 'JPEG 2000',
  34_887: 'LERC',
  34_925: 'LZMA',
  50_000: 'Zstandard',
  50_001: 'WebP',
  50_002: 'JPEG XL',
};
const SAVE_REMEDY = 'save it with 8 or 16 bits a channel';

/** The reason to reject a TIFF file whose pixels libvips would misread; undefined if there is none. */
export function describeUnsupportedTiff({
  bits,
  channels,
  sampleFormat,
  photometric,
  compression,
  isSubsampled,
  isRaw,
}: TiffTags): string | undefined {
  if (isRaw) return 'RAW images are not supported; develop it into a JPEG or a 16-bit TIFF';
  if (sampleFormat === SIGNED)
    return `its numbers have a sign, so nothing says what is black and what is white; ${SAVE_REMEDY}, without sign`;
  if (sampleFormat > FLOAT && sampleFormat !== 4)
    return `its complex numbers are no colors; ${SAVE_REMEDY}`;
  if (sampleFormat !== FLOAT && bits > 16)
    return `it has ${bits}-bit integers, of which nothing says what is white; ${SAVE_REMEDY}`;
  if (sampleFormat === FLOAT && bits > 32)
    return `it has ${bits}-bit numbers, which are not supported; ${SAVE_REMEDY}`;
  if (channels > 5 || (channels > 4 && photometric !== 5))
    return `it has ${channels} channels, which is not supported; save it as gray or RGB`;
  const isLab =
    (photometric === CIELAB && bits !== 16) ||
    [ICCLAB, ITULAB, LOG_LUMINANCE, LOGLUV].includes(photometric);
  if (isLab) return 'its color space (Lab or LogLuv) is not supported; save it as RGB';
  const isConverted = photometric === YCBCR && compression !== JPEG && compression !== OLD_JPEG;
  if (isConverted && (isSubsampled || bits !== 8 || channels !== 3))
    return 'its kind of YCbCr is not supported; save it as RGB';
  return undefined;
}

/** The reason why a TIFF file could not be read; undefined if the format is supported. */
export function describeTiffFailure({bits, channels, compression}: TiffTags): string | undefined {
  if (!COMPRESSIONS.includes(compression)) {
    return `its compression (${COMPRESSION_NAMES[compression] ?? `number ${compression}`}) is not supported; save it with LZW or deflate`;
  }
  const isPacked = bits < 8 && channels > 1;
  return !isPacked && [1, 2, 4, 8, 16, 32].includes(bits)
    ? undefined
    : `it has ${bits} bits a channel, which is not supported; ${SAVE_REMEDY}`;
}

/** Whether libvips returns the samples of a file unconverted, so that they must be interpreted here. */
export const needsConversion = ({sampleFormat, photometric, compression}: TiffTags): boolean =>
  sampleFormat === FLOAT ||
  (photometric === YCBCR && compression !== JPEG && compression !== OLD_JPEG);

/** Tolerance for values outside 0..1, which resampling overshoots by. */
const OVERSHOOT_TOLERANCE = 0.01;

/** Converts floats to 8 bits: 0 is black, 1 is white, display-referred, alpha last. Other ranges would be guesses. */
function convertFloats(values: Float32Array, channels: number, isInverted: boolean): Uint8Array {
  const pixels = new Uint8Array(values.length);
  const isGray = channels < 3;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= -OVERSHOOT_TOLERANCE && value <= 1 + OVERSHOOT_TOLERANCE)) {
      throw new ImageError(
        `its numbers go beyond 0 to 1, so nothing says what is black and what is white; ${SAVE_REMEDY}`,
      );
    }
    const isAlpha = isGray && i % channels === 1;
    pixels[i] = Math.round(
      255 * Math.min(1, Math.max(0, isInverted && !isAlpha ? 1 - value : value)),
    );
  }
  return pixels;
}

/** Converts YCbCr to RGB: ITU-R BT.601, full range 0..255, as in JPEG. */
function convertYcbcr(values: Uint8Array): Uint8Array {
  const pixels = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i += 3) {
    const [luma, blue, red] = [values[i]!, values[i + 1]! - 128, values[i + 2]! - 128];
    pixels[i] = luma + 1.402 * red;
    pixels[i + 1] = luma - 0.344136 * blue - 0.714136 * red;
    pixels[i + 2] = luma + 1.772 * blue;
  }
  return new Uint8Array(pixels.buffer);
}

const grayAlphaToRgba = (pixels: Uint8Array): Uint8Array => {
  const rgba = new Uint8Array(2 * pixels.length);
  for (let i = 0; i < pixels.length; i += 2)
    rgba.set([pixels[i]!, pixels[i]!, pixels[i]!, pixels[i + 1]!], 2 * i);
  return rgba;
};

/** Decodes a file for which `needsConversion` returns true. */
export async function convertTiff(
  bytes: Uint8Array,
  tags: TiffTags,
  options: SharpOptions,
): Promise<Raster> {
  const image = sharp(bytes, {...options, ignoreIcc: true}).autoOrient();
  if (tags.sampleFormat !== FLOAT) {
    const {data, info} = await image.raw({depth: 'uchar'}).toBuffer({resolveWithObject: true});
    return {data: convertYcbcr(data), width: info.width, height: info.height, channels: 3};
  }
  // In these color spaces, libvips keeps floats unchanged.
  const space = tags.channels < 3 ? 'b-w' : 'scrgb';
  const rawImage = image.pipelineColourspace(space).toColourspace(space).raw({depth: 'float'});
  const {data, info} = await rawImage.toBuffer({resolveWithObject: true});
  const values = new Float32Array(data.buffer, data.byteOffset, data.length / 4);
  const pixels = convertFloats(values, info.channels, tags.photometric === WHITE_IS_ZERO);
  const {width, height} = info;
  if (info.channels === 2) return {data: grayAlphaToRgba(pixels), width, height, channels: 4};
  return {data: pixels, width, height, channels: info.channels as 1 | 3 | 4};
}
