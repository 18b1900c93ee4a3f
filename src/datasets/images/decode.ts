import type {Sharp} from 'sharp';
import {runExclusive} from '../../core/async.js';
import {limitAspectRatio} from './crop.js';
import {ImageError} from './image-error.js';
import {explainUnsupported, readHeader, type ImageHeader} from './image-header.js';
import {prepareImage} from './open-image.js';
import {readBytes} from './read-bytes.js';
import {resample, type DecodedImage, type ImageSize} from './resample.js';
import {
  letterbox,
  planResize,
  resizedSize,
  type ResizeOptions,
  type ResizePlan,
} from './resize-plan.js';

/** The size of the image that `decodeBytes` returns, from the header. @throws as `decodeBytes` */
export async function readDecodedSize(
  bytes: Uint8Array,
  options: ResizeOptions,
): Promise<ImageSize> {
  const {size} = await readHeader(bytes);
  const plan = planResize(size, options);
  const {width, height} = plan.padding ?? plan.size;
  return {width, height};
}

const shrink = (image: Sharp, {width, height}: ImageSize): Sharp =>
  image.resize(width, height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false});

/** Whether an image needs much memory. Such images are decoded one at a time. */
const isLarge = ({size, isStreamed}: ImageHeader): boolean =>
  size.width * size.height > (isStreamed ? 2 ** 26 : 2 ** 24);

/** Runs a task on an image; tasks on large images run one at a time. */
const limitMemory = <Result>(
  bytes: Uint8Array,
  header: ImageHeader,
  task: () => Promise<Result>,
): Promise<Result> => explainUnsupported(bytes, isLarge(header) ? runExclusive(task) : task());

/**
 * Decodes an image and resizes it as its `ResizePlan` says, with PIL's bilinear filter. The short side becomes `resizeSize`, or the whole
 * image becomes a square of `cropSize`. The EXIF orientation is applied, transparency is composited on white, and everything is converted
 * to 8-bit sRGB. Of an animation, the first frame is used.
 *
 * @throws Error of sharp for an input that is not an image, is truncated or damaged, or exceeds sharp's pixel limit; `describeDecodeError`
 *   returns the reason
 */
export async function decodeBytes(
  bytes: Uint8Array,
  options: ResizeOptions,
): Promise<DecodedImage> {
  const header = await readHeader(bytes);
  const {padding, ...plan} = planResize(header.size, options);
  const image = await limitMemory(bytes, header, () => decodeResized(bytes, header, plan));
  return padding === undefined ? image : letterbox(image, padding);
}

/**
 * Decodes a whole image, upright and opaque as `decodeBytes`, whatever its aspect ratio.
 * @param minSide a smaller long side is enlarged to it
 * @param maxSide a larger long side is shrunk to it
 * @throws as `decodeBytes`
 */
export async function decodeToFit(
  bytes: Uint8Array,
  minSide: number,
  maxSide: number,
): Promise<DecodedImage> {
  const header = await readHeader(bytes);
  const {width, height} = header.size;
  const longSide = Math.max(width, height);
  const scale = Math.min(Math.max(longSide, minSide), maxSide) / longSide;
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const plan = {cropBox: {width, height, left: 0, top: 0}, size};
  return limitMemory(bytes, header, () => decodeResized(bytes, header, plan));
}

async function decodeResized(
  bytes: Uint8Array,
  header: ImageHeader,
  {cropBox, size}: ResizePlan,
): Promise<DecodedImage> {
  const image = await prepareImage(bytes, header, cropBox);
  const shrunkSize = {
    width: Math.min(size.width, cropBox.width),
    height: Math.min(size.height, cropBox.height),
  };
  const isFullImage = shrunkSize.width === cropBox.width && shrunkSize.height === cropBox.height;
  const pixels = await toRawPixels(isFullImage ? image : shrink(image, shrunkSize), shrunkSize);
  if (shrunkSize.width === size.width && shrunkSize.height === size.height) return pixels;
  // When libvips enlarges, the result is half an output pixel off from PIL's.
  return {...size, data: resample(pixels, {...shrunkSize, left: 0, top: 0}, size)};
}

/** Larger images are shrunk while they are checked, to this short side in pixels. */
const [MAX_FULL_SIZE_PIXELS, SHRUNK_SHORT_SIDE] = [2 ** 22, 256];

/** Decodes every pixel that `decodeBytes` reads, to find errors and to inspect the image. @throws as `decodeBytes` */
export async function decodeForInspection(
  bytes: Uint8Array,
): Promise<{header: ImageHeader; image: DecodedImage}> {
  const header = await readHeader(bytes);
  return {header, image: await limitMemory(bytes, header, () => decodeFull(bytes, header))};
}

async function decodeFull(bytes: Uint8Array, header: ImageHeader): Promise<DecodedImage> {
  const cropBox = limitAspectRatio(header.size);
  const image = await prepareImage(bytes, header, cropBox);
  // Shrinking dominates the time for small images, and limits the memory for large ones.
  if (cropBox.width * cropBox.height <= MAX_FULL_SIZE_PIXELS) return toRawPixels(image, cropBox);
  const size = resizedSize(cropBox, SHRUNK_SHORT_SIDE);
  return toRawPixels(shrink(image, size), size);
}

async function toRawPixels(image: Sharp, {width, height}: ImageSize): Promise<DecodedImage> {
  const {data, info} = await image.raw({depth: 'uchar'}).toBuffer({resolveWithObject: true});
  const matchesHeader =
    info.width === width && info.height === height && data.length === width * height * 3;
  if (!matchesHeader) throw new ImageError('it has another size than its header says');
  return {data, width: info.width, height: info.height};
}

/** `decodeBytes` of a file. @throws also errors of reading the file */
export async function decodeFile(
  path: string,
  preprocessing: ResizeOptions,
): Promise<DecodedImage> {
  return decodeBytes(await readBytes(path), preprocessing);
}
