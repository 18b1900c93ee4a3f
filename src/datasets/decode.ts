import {readFile} from 'node:fs/promises';
import sharp from 'sharp';
import type {Sharp, SharpOptions} from 'sharp';
import type {Preprocessing} from '../core/preprocessing.js';
import {resample} from './resample.js';
import type {DecodedImage, ImageSize, Window} from './resample.js';

// One image is small: threads are better spent on several images, and no image is opened twice for libvips to remember it.
sharp.concurrency(1);
sharp.cache(false);

/**
 * `error` refuses files that are cut off or damaged, and lets pass what every viewer shows (stray bytes between JPEG markers, unknown
 * TIFF tags). sharp's limit of 268 million pixels stays on.
 */
const READING: SharpOptions = {failOn: 'error', sequentialRead: true};

/** Long side over short side beyond which only the middle of an image is used: a strip of 1 x 60,000 is no reason to run out of memory. */
const LONGEST_ASPECT = 4;

/** Python's `round`, by which torchvision places a centre crop: halves go to the even neighbour. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A window in the middle, placed as torchvision's `CenterCrop` places it. */
function middle({width, height}: ImageSize, size: ImageSize): Window {
  return {...size, left: roundHalfToEven((width - size.width) / 2), top: roundHalfToEven((height - size.height) / 2)};
}

/** The part of an image that is used: all of it, but for strips. */
function usedWindow(size: ImageSize): Window {
  const longest = Math.min(size.width, size.height) * LONGEST_ASPECT;
  return middle(size, {width: Math.min(size.width, longest), height: Math.min(size.height, longest)});
}

/** torchvision's `Resize(size)`: the short side becomes `size`, the long side is truncated (torchvision/transforms/functional.py). */
function resizedSize({width, height}: ImageSize, size: number): ImageSize {
  return width <= height
    ? {width: size, height: Math.trunc((size * height) / width)}
    : {width: Math.trunc((size * width) / height), height: size};
}

/** Size of what `decodeBytes` gives, from the image's header. @throws as `decodeBytes` */
export async function decodedSize(bytes: Uint8Array, {resizeSize}: Preprocessing): Promise<ImageSize> {
  const {autoOrient} = await sharp(bytes, READING).metadata();
  return resizedSize(usedWindow(autoOrient), resizeSize);
}

/**
 * Decodes an image and resizes its short side to `preprocessing.resizeSize`, as PIL's bilinear filter does. The orientation flag is
 * applied, transparency laid over white, everything brought to 8-bit sRGB; of an animation the first frame counts.
 *
 * @throws Error of sharp's for what is no image, is cut off or damaged, or has more pixels than sharp's limit; `decodingFault` says which
 */
export async function decodeBytes(bytes: Uint8Array, {resizeSize}: Preprocessing): Promise<DecodedImage> {
  const {autoOrient, space} = await sharp(bytes, READING).metadata();
  const window = usedWindow(autoOrient);
  const size = resizedSize(window, resizeSize);
  // PIL and torchvision ignore colour profiles, and so must we to see the same pixels; inks (CMYK) mean nothing without theirs.
  const image = sharp(bytes, {...READING, ignoreIcc: space !== 'cmyk'})
    .autoOrient()
    .flatten({background: 'white'})
    .toColourspace('srgb')
    .extract(window);
  if (size.width <= window.width)
    return pixelsOf(image.resize(size.width, size.height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false}));
  // libvips enlarges half an output pixel off the place where PIL does.
  return {...size, data: resample(await pixelsOf(image), {...window, left: 0, top: 0}, size)};
}

async function pixelsOf(image: Sharp): Promise<DecodedImage> {
  const {data, info} = await image.raw({depth: 'uchar'}).toBuffer({resolveWithObject: true});
  return {data, width: info.width, height: info.height};
}

/** `decodeBytes` of a file. @throws also what reading the file throws */
export async function decode(path: string, preprocessing: Preprocessing): Promise<DecodedImage> {
  return decodeBytes(await readFile(path), preprocessing);
}

/** The square in the middle, placed as torchvision's `CenterCrop` places it. @throws RangeError for an image that is smaller */
export function centreWindow(image: ImageSize, size: number): Window {
  if (Math.min(image.width, image.height) < size) {
    throw new RangeError(`Expected an image of at least ${size} pixels a side, but found ${image.width} x ${image.height}.`);
  }
  return middle(image, {width: size, height: size});
}

/** The pixels of `centreWindow`, `[size, size, 3]`. @throws RangeError for an image that is smaller */
export function centreCrop(image: DecodedImage, size: number): Uint8Array {
  const {left, top} = centreWindow(image, size);
  const crop = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const start = ((top + row) * image.width + left) * 3;
    crop.set(image.data.subarray(start, start + size * 3), row * size * 3);
  }
  return crop;
}
