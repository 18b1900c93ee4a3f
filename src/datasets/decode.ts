import {readFile} from 'node:fs/promises';
import sharp from 'sharp';
import type {SharpOptions} from 'sharp';
import type {Preprocessing} from '../core/preprocessing.js';

// One image is small: threads are better spent on several images, and no image is opened twice for libvips to remember it.
sharp.concurrency(1);
sharp.cache(false);

/** Pixels of one image, `[height, width, 3]`, RGB, 8 bits each. */
export interface DecodedImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const READING: SharpOptions = {failOn: 'truncated', sequentialRead: true};

/** Long side over short side beyond which only the middle of an image is kept: a strip of 1 x 30,000 pixels is no reason to run out of memory. */
const LONGEST_ASPECT = 4;

/** torchvision `Resize(size)`: the short side becomes `size`, the long side is truncated (torchvision/transforms/functional.py). */
export function resizedSize({width, height}: ImageSize, size: number): ImageSize {
  return width <= height
    ? {width: size, height: Math.trunc((size * height) / width)}
    : {width: Math.trunc((size * width) / height), height: size};
}

/** Python's `round`: halves go to the even neighbour. torchvision's `CenterCrop` places its window with it. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The middle of what `resizedSize` gives, no longer than `LONGEST_ASPECT` short sides. */
function keptWindow({width, height}: ImageSize, size: number): {left: number; top: number; width: number; height: number} {
  const longest = size * LONGEST_ASPECT;
  const kept = {width: Math.min(width, longest), height: Math.min(height, longest)};
  return {...kept, left: roundHalfToEven((width - kept.width) / 2), top: roundHalfToEven((height - kept.height) / 2)};
}

/** Size of the image that `decodeBytes` would give, from the header alone. @throws Error of sharp's for what is no image */
export async function decodedSize(bytes: Uint8Array, {resizeSize}: Preprocessing): Promise<ImageSize> {
  const {autoOrient} = await sharp(bytes, READING).metadata();
  const {width, height} = keptWindow(resizedSize(autoOrient, resizeSize), resizeSize);
  return {width, height};
}

/**
 * Decodes an image and resizes its short side to `preprocessing.resizeSize`, as PIL's bilinear filter does. The orientation flag is
 * applied, transparency laid over white, everything else brought to 8-bit sRGB; of an animation the first frame counts.
 *
 * @throws Error of sharp's for what is no image, is cut off, or has more pixels than sharp's limit
 */
export async function decodeBytes(bytes: Uint8Array, {resizeSize}: Preprocessing): Promise<DecodedImage> {
  const {autoOrient, space} = await sharp(bytes, READING).metadata();
  const full = resizedSize(autoOrient, resizeSize);
  // PIL and torchvision ignore colour profiles, and so must we to see the same pixels; inks (CMYK) mean nothing without theirs.
  const {data, info} = await sharp(bytes, {...READING, ignoreIcc: space !== 'cmyk'})
    .autoOrient()
    .flatten({background: 'white'})
    .toColourspace('srgb')
    .resize(full.width, full.height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false})
    .extract(keptWindow(full, resizeSize))
    .raw({depth: 'uchar'})
    .toBuffer({resolveWithObject: true});
  return {data, width: info.width, height: info.height};
}

/** `decodeBytes` of a file. @throws also what reading the file throws */
export async function decode(path: string, preprocessing: Preprocessing): Promise<DecodedImage> {
  return decodeBytes(await readFile(path), preprocessing);
}

/** The square in the middle, `[size, size, 3]`, placed as torchvision's `CenterCrop` places it. @throws RangeError for an image that is smaller */
export function centreCrop({data, width, height}: DecodedImage, size: number): Uint8Array {
  if (width < size || height < size) throw new RangeError(`A square of ${size} pixels does not fit into ${width} x ${height}.`);
  const left = roundHalfToEven((width - size) / 2);
  const top = roundHalfToEven((height - size) / 2);
  const crop = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const start = ((top + row) * width + left) * 3;
    crop.set(data.subarray(start, start + size * 3), row * size * 3);
  }
  return crop;
}
