import sharp from 'sharp';
import type {SharpOptions} from 'sharp';
import {hasTooManyFrames, MAX_FRAMES} from './frame-count.js';
import {bmp} from '../formats/bmp.js';
import {heif} from '../formats/heif.js';
import {isSrgb} from '../formats/icc.js';
import {netpbm} from '../formats/netpbm.js';
import type {RasterDecoder} from '../formats/raster.js';
import {needsConversion, describeUnsupportedTiff, describeTiffFailure} from '../formats/tiff.js';
import {readTiffTags} from '../formats/tiff-tags.js';
import {describeUnreadableFormat, detectFormat, getDecoder} from './image-format.js';
import type {ImageFormat, Decoder} from './image-format.js';
import {describeJpegFailure, readSimpleJpegHeader, type JpegHeader} from './jpeg-header.js';
import {ImageError} from './image-error.js';
import type {ImageSize} from './resample.js';

/**
 * Options for every call of sharp. `error` rejects truncated or damaged files. It accepts what every viewer shows, such as stray bytes
 * between JPEG markers or unknown TIFF tags. sharp's limit of 268 million pixels stays on.
 */
export const SHARP_OPTIONS: SharpOptions = {failOn: 'error', sequentialRead: true};

/** Header of an image. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Size after applying the orientation. */
  readonly size: ImageSize;
  readonly isCmyk: boolean;
  /** Whether it is an ordinary JPEG, as `readSimpleJpegHeader` accepts. */
  readonly isSimpleJpeg: boolean;
  /** Whether its EXIF orientation rotates or mirrors it. */
  readonly hasOrientation: boolean;
  readonly hasAlpha: boolean;
  /** Bits per channel. */
  readonly depth: number;
  readonly frames: number;
  /** Whether it has an ICC profile other than sRGB. */
  readonly hasNonSrgbProfile: boolean;
  /** Whether it is decoded row by row, without holding the whole image in memory. */
  readonly isStreamed: boolean;
}

/** Decoders of this package, for formats that libvips does not decode. */
export const RASTER_DECODERS: Readonly<Record<Exclude<Decoder, 'libvips'>, RasterDecoder>> = {
  bmp,
  netpbm,
  libheif: heif,
};

const HEADER_DEFAULTS = {
  isCmyk: false,
  hasOrientation: false,
  hasAlpha: false,
  depth: 8,
  frames: 1,
  hasNonSrgbProfile: false,
};

/** Maximum number of pixels. No camera produces more. */
const MAX_PIXELS = 2 ** 28;

/** Maximum side of libvips (VIPS_MAX_COORD). */
const MAX_SIDE = 10_000_000;
const tooManyPixelsError = (): ImageError =>
  new ImageError(`it has more than ${Math.floor(MAX_PIXELS / 1e6)} million pixels`);

/** Maximum memory for an image that is not streamed. A phone image of 108 million pixels does not need more. */
const MAX_MEMORY_MIB = 640;

/** Bytes per pixel while decoding such images, measured on 67 million pixels. */
const BYTES_PER_PIXEL: Readonly<Partial<Record<ImageFormat, number>>> = {
  AVIF: 15,
  HEIC: 10,
  WebP: 8,
  GIF: 5,
  BMP: 5,
  Netpbm: 5,
};
const DEFAULT_BYTES_PER_PIXEL = 6;

/** Bits of libvips' band formats, except those of 8 bits. */
const BIT_DEPTHS: Readonly<Record<string, number>> = {
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  double: 64,
};

const isBaseline = ({frame}: JpegHeader): boolean => frame !== 0xc2;
/** Whether a profile is not sRGB. An empty one was split into several pieces, which sRGB does not need. */
const isNotSrgb = (profile: Uint8Array | undefined): boolean =>
  profile !== undefined && !isSrgb(profile);

/**
 * Whether a box of an AVIF file has a side beyond the range of libvips. GLib would print that to standard error, which cannot be prevented.
 */
function hasOversizedSide(file: Uint8Array): boolean {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (
    let at = bytes.indexOf('ispe');
    at >= 0 && at + 16 <= bytes.length;
    at = bytes.indexOf('ispe', at + 4)
  ) {
    if (bytes.readUInt32BE(at + 8) > MAX_SIDE || bytes.readUInt32BE(at + 12) > MAX_SIDE)
      return true;
  }
  return false;
}

async function readLibvipsHeader(bytes: Uint8Array, format: ImageFormat): Promise<ImageHeader> {
  if (format === 'AVIF' && hasOversizedSide(bytes)) throw tooManyPixelsError();
  if (hasTooManyFrames(bytes, format))
    throw new ImageError(`it has more than ${MAX_FRAMES} frames`);
  const tags = format === 'TIFF' ? readTiffTags(bytes) : undefined;
  const unsupportedReason = tags && describeUnsupportedTiff(tags);
  if (unsupportedReason !== undefined) throw new ImageError(unsupportedReason);
  const isConverted = tags !== undefined && needsConversion(tags);
  const metadata = await sharp(bytes, SHARP_OPTIONS).metadata();
  const {
    autoOrient,
    space,
    orientation = 1,
    hasAlpha,
    depth,
    pages = 1,
    icc,
    isProgressive = false,
  } = metadata;
  const hasOrientation = orientation > 1;
  return {
    ...{
      format,
      size: autoOrient,
      isCmyk: space === 'cmyk',
      isSimpleJpeg: false,
      hasOrientation,
      hasAlpha,
    },
    depth: BIT_DEPTHS[depth] ?? 8,
    frames: pages,
    hasNonSrgbProfile: isNotSrgb(icc),
    isStreamed:
      ['JPEG', 'PNG', 'TIFF'].includes(format) && !isProgressive && !hasOrientation && !isConverted,
  };
}

async function readRasterHeader(
  bytes: Uint8Array,
  format: ImageFormat,
  decoder: RasterDecoder,
): Promise<ImageHeader> {
  const {width, height, depth, hasAlpha} = await decoder.header(bytes);
  return {
    ...HEADER_DEFAULTS,
    format,
    size: {width, height},
    isSimpleJpeg: false,
    depth,
    hasAlpha,
    isStreamed: false,
  };
}

async function readHeaderOfFormat(bytes: Uint8Array, format: ImageFormat): Promise<ImageHeader> {
  const jpeg = format === 'JPEG' ? readSimpleJpegHeader(bytes) : undefined;
  if (jpeg !== undefined) {
    const {width, height, profile} = jpeg;
    return {
      ...HEADER_DEFAULTS,
      format,
      size: {width, height},
      isSimpleJpeg: true,
      hasNonSrgbProfile: isNotSrgb(profile),
      isStreamed: isBaseline(jpeg),
    };
  }
  const decoderName = getDecoder(format)!;
  return decoderName === 'libvips'
    ? readLibvipsHeader(bytes, format)
    : readRasterHeader(bytes, format, RASTER_DECODERS[decoderName]);
}

/** Estimated memory of decoding, in bytes; 0 for streamed images. */
function estimateDecodeBytes({
  format,
  size: {width, height},
  isStreamed,
  depth,
  hasAlpha,
}: ImageHeader): number {
  const storedBytesPerPixel = ((hasAlpha ? 4 : 3) * depth) / 8 + (depth > 16 ? 8 : 0); // floats are converted here
  return isStreamed
    ? 0
    : width *
        height *
        Math.max(BYTES_PER_PIXEL[format] ?? DEFAULT_BYTES_PER_PIXEL, storedBytesPerPixel);
}

function checkSize(header: ImageHeader): void {
  const {width, height} = header.size;
  if (width * height > MAX_PIXELS) throw tooManyPixelsError();
  if (estimateDecodeBytes(header) > MAX_MEMORY_MIB * 2 ** 20)
    throw new ImageError(
      `it would take more than ${MAX_MEMORY_MIB} MiB of memory; make it smaller`,
    );
}

/** @throws ImageError for a file that is not an image, unsupported or too large; Error of sharp for a damaged one */
export async function readHeader(bytes: Uint8Array): Promise<ImageHeader> {
  const format = bytes.length === 0 ? 'empty' : detectFormat(bytes);
  const unsupportedReason = describeUnreadableFormat(format); // libvips would read more: drawings that include other files, whole documents
  if (unsupportedReason !== undefined) throw new ImageError(unsupportedReason);
  const header = await explainUnsupported(bytes, readHeaderOfFormat(bytes, format as ImageFormat));
  checkSize(header);
  return header;
}

/** Awaits a task on an image. If it fails because libvips lacks a feature, and not because of damage, the error says so. */
export async function explainUnsupported<Result>(
  bytes: Uint8Array,
  task: Promise<Result>,
): Promise<Result> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const format = detectFormat(bytes);
    const unsupportedReason =
      format === 'TIFF'
        ? describeTiffFailure(readTiffTags(bytes))
        : format === 'JPEG'
          ? describeJpegFailure(bytes)
          : undefined;
    throw unsupportedReason === undefined
      ? error
      : new ImageError(unsupportedReason, {cause: error});
  }
}
