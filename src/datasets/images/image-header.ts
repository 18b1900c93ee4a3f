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
 * `error` refuses files that are cut off or damaged, and lets pass what every viewer shows (stray bytes between JPEG markers, unknown
 * TIFF tags). sharp's limit of 268 million pixels stays on.
 */
export const SHARP_OPTIONS: SharpOptions = {failOn: 'error', sequentialRead: true};

/** What the header of an image says. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Upright. */
  readonly size: ImageSize;
  readonly isCmyk: boolean;
  /** Of a JPEG as most are, whose header holds no surprise. */
  readonly isSimpleJpeg: boolean;
  /** Whether its orientation flag turns or mirrors it. */
  readonly hasOrientation: boolean;
  readonly hasAlpha: boolean;
  /** Bits of a channel. */
  readonly depth: number;
  readonly frames: number;
  /** Whether a profile says that its colors are not sRGB. */
  readonly hasNonSrgbProfile: boolean;
  /** Whether it is decoded row by row, and is never in memory as a whole. */
  readonly isStreamed: boolean;
}

/** The formats that are decoded here, and not by libvips. */
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

/** No camera makes more. */
const MAX_PIXELS = 2 ** 28;

/** Of libvips (VIPS_MAX_COORD). */
const MAX_SIDE = 10_000_000;
const tooManyPixelsError = (): ImageError =>
  new ImageError(`it has more than ${Math.floor(MAX_PIXELS / 1e6)} million pixels`);

/** What an image may take where it is in memory as a whole; one of a phone with 108 million pixels does not take more. */
const MAX_MEMORY_MIB = 640;

/** Bytes that decoding takes for each pixel of such images, measured on 67 million. */
const BYTES_PER_PIXEL: Readonly<Partial<Record<ImageFormat, number>>> = {
  AVIF: 15,
  HEIC: 10,
  WebP: 8,
  GIF: 5,
  BMP: 5,
  Netpbm: 5,
};
const DEFAULT_BYTES_PER_PIXEL = 6;

/** Bits of libvips' number formats that are not of 8. */
const BIT_DEPTHS: Readonly<Record<string, number>> = {
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  double: 64,
};

const isBaseline = ({frame}: JpegHeader): boolean => frame !== 0xc2;
/** An empty one is in several pieces, which nobody needs for sRGB. */
const isNotSrgb = (profile: Uint8Array | undefined): boolean =>
  profile !== undefined && !isSrgb(profile);

/**
 * Whether a box of an AVIF file has a side that no number of libvips holds: GLib would say so on standard error, where nobody can keep
 * it from.
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

/** Bytes of memory that the pixels take at once; 0 where there are never many. */
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

/** @throws ImageError for what is no image, of no format that is read, or too large; Error of sharp's for a damaged one */
export async function readHeader(bytes: Uint8Array): Promise<ImageHeader> {
  const format = bytes.length === 0 ? 'empty' : detectFormat(bytes);
  const unsupportedReason = describeUnreadableFormat(format); // libvips reads much more: drawings that draw in other files, whole documents
  if (unsupportedReason !== undefined) throw new ImageError(unsupportedReason);
  const header = await explainUnsupported(bytes, readHeaderOfFormat(bytes, format as ImageFormat));
  checkSize(header);
  return header;
}

/** Passes on work on an image; where that fails for what libvips lacks, and not for damage, says so. */
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
