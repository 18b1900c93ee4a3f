import sharp from 'sharp';
import type {Sharp} from 'sharp';
import {fittingOf, framed, resizedSize} from './fit.js';
import type {Fitting, Resizing} from './fit.js';
import {isSrgb} from './formats/icc.js';
import {withGammaProfile} from './formats/png-color.js';
import {profiledTiff} from './formats/profiled-tiff.js';
import type {Raster} from './formats/raster.js';
import {convertedTiff, needsConversion} from './formats/tiff.js';
import {tiffTags} from './formats/tiff-tags.js';
import {headerOf, named, RASTER_DECODERS, READING, type Header} from './header.js';
import {readerOf} from './image-format.js';
import {inTurn} from './in-turn.js';
import {readBytes} from './read-bytes.js';
import {ImageFault} from './readability.js';
import {resample} from './resample.js';
import type {DecodedImage, ImageSize, Window} from './resample.js';
import {usedWindow} from './windows.js';

// One image is small: threads are better spent on several images, and no image is opened twice for libvips to remember it.
sharp.concurrency(1);
sharp.cache(false);

/** Size of what `decodeBytes` gives, from the image's header. @throws as `decodeBytes` */
export async function decodedSize(bytes: Uint8Array, resizing: Resizing): Promise<ImageSize> {
  const {size} = await headerOf(bytes);
  const fitting = fittingOf(size, resizing);
  const {width, height} = fitting.frame ?? fitting.size;
  return {width, height};
}

/** An image as libvips reads it: by itself, or as the pixels that a decoder of ours made of it. */
async function opened(bytes: Uint8Array, {format, isCmyk, hasProfile}: Header): Promise<Sharp> {
  const reader = readerOf(format)!;
  if (reader !== 'libvips') return ofRaster(await RASTER_DECODERS[reader].decode(bytes));
  const tags = format === 'TIFF' ? tiffTags(bytes) : undefined;
  if (tags !== undefined && needsConversion(tags)) return ofRaster(await convertedTiff(bytes, tags, READING));
  const file = format === 'PNG' ? withGammaProfile(bytes) : bytes;
  // Colors are brought to sRGB, as browsers do it, which takes its time: only where they are others. Inks (CMYK) mean nothing otherwise.
  return sharp(file, {...READING, ignoreIcc: !isCmyk && !hasProfile && file === bytes}).autoOrient();
}

function ofRaster(raster: Raster): Sharp {
  const {data, width, height, channels, profile} = raster;
  if (profile === undefined || isSrgb(profile)) return sharp(data, {raw: {width, height, channels}});
  return sharp(profiledTiff(raster, profile), READING);
}

/** The used part of an image as 8-bit sRGB over white, upright. */
async function upright(bytes: Uint8Array, header: Header, window: Window): Promise<Sharp> {
  const {size, isPlain} = header;
  const image = (await opened(bytes, header)).flatten({background: 'white'}).toColourspace('srgb');
  const isWhole = window.width === size.width && window.height === size.height;
  return isPlain && isWhole ? image : image.extract(window);
}

const shrunk = (image: Sharp, {width, height}: ImageSize): Sharp =>
  image.resize(width, height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false});

/** Images of which much lies in memory at once take turns. */
const isHuge = ({size, isStreamed}: Header): boolean => size.width * size.height > (isStreamed ? 2 ** 26 : 2 ** 24);

/** Work on an image, in turn where it is huge. */
const withRoom = <Result>(bytes: Uint8Array, header: Header, work: () => Promise<Result>): Promise<Result> =>
  named(bytes, isHuge(header) ? inTurn(work) : work());

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
  const image = await withRoom(bytes, header, () => resized(bytes, header, fitting));
  return frame === undefined ? image : framed(image, frame);
}

async function resized(bytes: Uint8Array, header: Header, {window, size}: Fitting): Promise<DecodedImage> {
  const image = await upright(bytes, header, window);
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
  return {header, image: await withRoom(bytes, header, () => decoded(bytes, header))};
}

async function decoded(bytes: Uint8Array, header: Header): Promise<DecodedImage> {
  const window = usedWindow(header.size);
  const image = await upright(bytes, header, window);
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
