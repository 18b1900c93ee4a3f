import sharp from 'sharp';
import type {Sharp, SharpOptions} from 'sharp';
import {fittingOf, framed, resizedSize} from './fit.js';
import type {Fitting, Resizing} from './fit.js';
import {hasTooManyFrames, MOST_FRAMES} from './frame-count.js';
import {formatFault, formatOf} from './image-format.js';
import type {ImageFormat} from './image-format.js';
import {inTurn} from './in-turn.js';
import {plainJpegSize} from './jpeg-header.js';
import {readBytes} from './read-bytes.js';
import {ImageFault} from './readability.js';
import {resample} from './resample.js';
import type {DecodedImage, ImageSize, Window} from './resample.js';
import {usedWindow} from './windows.js';

// One image is small: threads are better spent on several images, and no image is opened twice for libvips to remember it.
sharp.concurrency(1);
sharp.cache(false);

/**
 * `error` refuses files that are cut off or damaged, and lets pass what every viewer shows (stray bytes between JPEG markers, unknown
 * TIFF tags). sharp's limit of 268 million pixels stays on.
 */
const READING: SharpOptions = {failOn: 'error', sequentialRead: true};

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
}

const PLAIN = {isCmyk: false, isPlain: true, isTurned: false, hasAlpha: false, depth: 8, frames: 1};

/** Bits of libvips' number formats that are not of 8. */
const DEPTHS: Readonly<Record<string, number>> = {ushort: 16, short: 16, uint: 32, int: 32, float: 32, double: 64};

async function headerOf(bytes: Uint8Array): Promise<Header> {
  const format = bytes.length === 0 ? 'empty' : formatOf(bytes);
  const fault = formatFault(format); // libvips reads much more: drawings that draw in other files, whole documents
  if (fault !== undefined) throw new ImageFault(fault);
  const size = plainJpegSize(bytes);
  if (size !== undefined) return {...PLAIN, format: 'JPEG', size};
  if (hasTooManyFrames(bytes, format as ImageFormat)) throw new ImageFault(`it has more than ${MOST_FRAMES} frames`);
  const {autoOrient, space, orientation = 1, hasAlpha, depth, pages = 1} = await sharp(bytes, READING).metadata();
  return {
    format: format as ImageFormat,
    size: autoOrient,
    isCmyk: space === 'cmyk',
    isPlain: false,
    isTurned: orientation > 1,
    hasAlpha,
    depth: DEPTHS[depth] ?? 8,
    frames: pages,
  };
}

/** Size of what `decodeBytes` gives, from the image's header. @throws as `decodeBytes` */
export async function decodedSize(bytes: Uint8Array, resizing: Resizing): Promise<ImageSize> {
  const {size} = await headerOf(bytes);
  const fitting = fittingOf(size, resizing);
  const {width, height} = fitting.frame ?? fitting.size;
  return {width, height};
}

/** The used part of an image as 8-bit sRGB over white, upright. */
function upright(bytes: Uint8Array, {size, isCmyk, isPlain}: Header, window: Window): Sharp {
  // PIL and torchvision ignore colour profiles, and so must we to see the same pixels; inks (CMYK) mean nothing without theirs.
  const image = sharp(bytes, {...READING, ignoreIcc: !isCmyk})
    .autoOrient()
    .flatten({background: 'white'})
    .toColourspace('srgb');
  const isWhole = window.width === size.width && window.height === size.height;
  return isPlain && isWhole ? image : image.extract(window);
}

const shrunk = (image: Sharp, {width, height}: ImageSize): Sharp =>
  image.resize(width, height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false});

/** Interlaced, progressive or turned, all of an image lies in memory at once, up to 2 GiB of it: such images take turns. */
const isHuge = ({size}: Header): boolean => size.width * size.height > 2 ** 26;

/**
 * Decodes an image and resizes it as `resizing` says, with PIL's bilinear filter: its short side to `resizeSize`, or all of it into a square
 * of `cropSize`. The orientation flag is applied, transparency laid over white, everything brought to 8-bit sRGB; of an animation the first
 * frame counts.
 *
 * @throws Error of sharp's for what is no image, is cut off or damaged, or has more pixels than sharp's limit; `decodingFault` says which
 */
export async function decodeBytes(bytes: Uint8Array, resizing: Resizing): Promise<DecodedImage> {
  const header = await headerOf(bytes);
  const {frame, ...fitting} = fittingOf(header.size, resizing);
  const image = await (isHuge(header) ? inTurn(() => resized(bytes, header, fitting)) : resized(bytes, header, fitting));
  return frame === undefined ? image : framed(image, frame);
}

async function resized(bytes: Uint8Array, header: Header, {window, size}: Fitting): Promise<DecodedImage> {
  const image = upright(bytes, header, window);
  const small = {width: Math.min(size.width, window.width), height: Math.min(size.height, window.height)};
  const isWhole = small.width === window.width && small.height === window.height;
  const pixels = await pixelsOf(isWhole ? image : shrunk(image, small), small);
  if (small.width === size.width && small.height === size.height) return pixels;
  // libvips enlarges half an output pixel off the place where PIL does.
  return {...size, data: resample(pixels, {...small, left: 0, top: 0}, size)};
}

/** An image of more is shrunk while it is checked, to a short side of so many pixels. */
const [MANY_PIXELS, SHORT_SIDE] = [2 ** 22, 256];

/** Decodes every pixel that `decodeBytes` looks at, for its errors and for a look at it. @throws as `decodeBytes` */
export async function examine(bytes: Uint8Array): Promise<{header: Header; image: DecodedImage}> {
  const header = await headerOf(bytes);
  return {header, image: await (isHuge(header) ? inTurn(() => decoded(bytes, header)) : decoded(bytes, header))};
}

async function decoded(bytes: Uint8Array, header: Header): Promise<DecodedImage> {
  const window = usedWindow(header.size);
  const image = upright(bytes, header, window);
  // Shrinking is the greater part of the work on a small image, and keeps a large one from filling the memory.
  if (window.width * window.height <= MANY_PIXELS) return pixelsOf(image, window);
  const size = resizedSize(window, SHORT_SIDE);
  return pixelsOf(shrunk(image, size), size);
}

async function pixelsOf(image: Sharp, {width, height}: ImageSize): Promise<DecodedImage> {
  const {data, info} = await image.raw({depth: 'uchar'}).toBuffer({resolveWithObject: true});
  const isAsSaid = info.width === width && info.height === height && data.length === width * height * 3;
  if (!isAsSaid) throw new ImageFault('it has another size than its header says');
  return {data, width: info.width, height: info.height};
}

/** `decodeBytes` of a file. @throws also what reading the file throws */
export async function decode(path: string, preprocessing: Resizing): Promise<DecodedImage> {
  return decodeBytes(await readBytes(path), preprocessing);
}
