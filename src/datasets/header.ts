import sharp from 'sharp';
import type {SharpOptions} from 'sharp';
import {hasTooManyFrames, MOST_FRAMES} from './frame-count.js';
import {bmp} from './formats/bmp.js';
import {heif} from './formats/heif.js';
import {isSrgb} from './formats/icc.js';
import {netpbm} from './formats/netpbm.js';
import type {RasterDecoder} from './formats/raster.js';
import {needsConversion, tiffFault, tiffLack} from './formats/tiff.js';
import {tiffTags} from './formats/tiff-tags.js';
import {formatFault, formatOf, readerOf} from './image-format.js';
import type {ImageFormat, Reader} from './image-format.js';
import {jpegLack, plainJpeg, type JpegHeader} from './jpeg-header.js';
import {ImageFault} from './readability.js';
import type {ImageSize} from './resample.js';

/**
 * `error` refuses files that are cut off or damaged, and lets pass what every viewer shows (stray bytes between JPEG markers, unknown
 * TIFF tags). sharp's limit of 268 million pixels stays on.
 */
export const READING: SharpOptions = {failOn: 'error', sequentialRead: true};

/** What the header of an image says. */
export interface Header {
  readonly format: ImageFormat;
  /** Upright. */
  readonly size: ImageSize;
  readonly isCmyk: boolean;
  /** Of a JPEG as most are, whose header holds no surprise. */
  readonly isPlain: boolean;
  /** Whether its orientation flag turns or mirrors it. */
  readonly isTurned: boolean;
  readonly hasAlpha: boolean;
  /** Bits of a channel. */
  readonly depth: number;
  readonly frames: number;
  /** Whether a profile says that its colors are not sRGB. */
  readonly hasProfile: boolean;
  /** Whether it is decoded row by row, and never lies in memory as a whole. */
  readonly isStreamed: boolean;
}

/** The formats that are decoded here, and not by libvips. */
export const RASTER_DECODERS: Readonly<Record<Exclude<Reader, 'libvips'>, RasterDecoder>> = {bmp, netpbm, libheif: heif};

const PLAIN = {isCmyk: false, isTurned: false, hasAlpha: false, depth: 8, frames: 1, hasProfile: false};

/** More are no photograph. */
const MOST_PIXELS = 2 ** 28;

/** Of libvips (VIPS_MAX_COORD). */
const LONGEST_SIDE = 10_000_000;
const tooManyPixels = (): ImageFault => new ImageFault(`it has more than ${Math.floor(MOST_PIXELS / 1e6)} million pixels`);

/** What an image may take where it lies in memory as a whole; one of a phone with 108 million pixels does not take more. */
const MOST_MIB = 640;

/** Bytes that decoding takes for each pixel of such images, measured on 67 million. */
const PIXEL_BYTES: Readonly<Partial<Record<ImageFormat, number>>> = {AVIF: 15, HEIC: 10, WebP: 8, GIF: 5, BMP: 5, Netpbm: 5};
const OTHER_PIXEL_BYTES = 6;

/** Bits of libvips' number formats that are not of 8. */
const DEPTHS: Readonly<Record<string, number>> = {ushort: 16, short: 16, uint: 32, int: 32, float: 32, double: 64};

const isBaseline = ({frame}: JpegHeader): boolean => frame !== 0xc2;
/** An empty one is in several pieces, which nobody needs for sRGB. */
const saysOther = (profile: Uint8Array | undefined): boolean => profile !== undefined && !isSrgb(profile);

/**
 * Whether a box of an AVIF file tells a side that no number of libvips holds: GLib would say so on standard error, where nobody can keep
 * it from.
 */
function hasAbsurdSide(file: Uint8Array): boolean {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (let at = bytes.indexOf('ispe'); at >= 0 && at + 16 <= bytes.length; at = bytes.indexOf('ispe', at + 4)) {
    if (bytes.readUInt32BE(at + 8) > LONGEST_SIDE || bytes.readUInt32BE(at + 12) > LONGEST_SIDE) return true;
  }
  return false;
}

async function headerByLibvips(bytes: Uint8Array, format: ImageFormat): Promise<Header> {
  if (format === 'AVIF' && hasAbsurdSide(bytes)) throw tooManyPixels();
  if (hasTooManyFrames(bytes, format)) throw new ImageFault(`it has more than ${MOST_FRAMES} frames`);
  const tags = format === 'TIFF' ? tiffTags(bytes) : undefined;
  const fault = tags && tiffFault(tags);
  if (fault !== undefined) throw new ImageFault(fault);
  const isConverted = tags !== undefined && needsConversion(tags);
  const found = await sharp(bytes, READING).metadata();
  const {autoOrient, space, orientation = 1, hasAlpha, depth, pages = 1, icc, isProgressive = false} = found;
  const isTurned = orientation > 1;
  return {
    ...{format, size: autoOrient, isCmyk: space === 'cmyk', isPlain: false, isTurned, hasAlpha},
    depth: DEPTHS[depth] ?? 8,
    frames: pages,
    hasProfile: saysOther(icc),
    isStreamed: ['JPEG', 'PNG', 'TIFF'].includes(format) && !isProgressive && !isTurned && !isConverted,
  };
}

async function headerByUs(bytes: Uint8Array, format: ImageFormat, decoder: RasterDecoder): Promise<Header> {
  const {width, height, depth, hasAlpha} = await decoder.header(bytes);
  return {...PLAIN, format, size: {width, height}, isPlain: false, depth, hasAlpha, isStreamed: false};
}

async function headerOfFormat(bytes: Uint8Array, format: ImageFormat): Promise<Header> {
  const jpeg = format === 'JPEG' ? plainJpeg(bytes) : undefined;
  if (jpeg !== undefined) {
    const {width, height, profile} = jpeg;
    return {...PLAIN, format, size: {width, height}, isPlain: true, hasProfile: saysOther(profile), isStreamed: isBaseline(jpeg)};
  }
  const reader = readerOf(format)!;
  return reader === 'libvips' ? headerByLibvips(bytes, format) : headerByUs(bytes, format, RASTER_DECODERS[reader]);
}

/** Bytes of memory that the pixels take at once; 0 where there are never many. */
function bytesAtOnce({format, size: {width, height}, isStreamed, depth, hasAlpha}: Header): number {
  const asStored = ((hasAlpha ? 4 : 3) * depth) / 8 + (depth > 16 ? 8 : 0); // floats are converted here
  return isStreamed ? 0 : width * height * Math.max(PIXEL_BYTES[format] ?? OTHER_PIXEL_BYTES, asStored);
}

function checkSize(header: Header): void {
  const {width, height} = header.size;
  if (width * height > MOST_PIXELS) throw tooManyPixels();
  if (bytesAtOnce(header) > MOST_MIB * 2 ** 20) throw new ImageFault(`it would take more than ${MOST_MIB} MiB of memory; make it smaller`);
}

/** @throws ImageFault for what is no image, of no format that is read, or too large; Error of sharp's for a damaged one */
export async function headerOf(bytes: Uint8Array): Promise<Header> {
  const format = bytes.length === 0 ? 'empty' : formatOf(bytes);
  const fault = formatFault(format); // libvips reads much more: drawings that draw in other files, whole documents
  if (fault !== undefined) throw new ImageFault(fault);
  const header = await named(bytes, headerOfFormat(bytes, format as ImageFormat));
  checkSize(header);
  return header;
}

/** Passes on work on an image; where that fails for what libvips lacks, and not for damage, says so. */
export async function named<Result>(bytes: Uint8Array, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ImageFault) throw error;
    const format = formatOf(bytes);
    const lack = format === 'TIFF' ? tiffLack(tiffTags(bytes)) : format === 'JPEG' ? jpegLack(bytes) : undefined;
    throw lack === undefined ? error : new ImageFault(lack, {cause: error});
  }
}
