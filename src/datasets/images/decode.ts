import sharp from 'sharp';
import type {Sharp} from 'sharp';
import {planResize, letterbox, resizedSize} from './resize-plan.js';
import type {ResizePlan, ResizeOptions} from './resize-plan.js';
import {isSrgb} from '../formats/icc.js';
import {embedGammaProfile} from '../formats/png-color.js';
import {encodeTiffWithProfile} from '../formats/profiled-tiff.js';
import type {Raster} from '../formats/raster.js';
import {convertTiff, needsConversion} from '../formats/tiff.js';
import {readTiffTags} from '../formats/tiff-tags.js';
import {
  readHeader,
  explainUnsupported,
  RASTER_DECODERS,
  SHARP_OPTIONS,
  type ImageHeader,
} from './image-header.js';
import {getDecoder} from './image-format.js';
import {runExclusive} from '../../core/async.js';
import {readBytes} from './read-bytes.js';
import {ImageError} from './image-error.js';
import {resample} from './resample.js';
import type {DecodedImage, ImageSize, CropBox} from './resample.js';
import {limitAspectRatio} from './crop.js';

// One image is small: threads are better spent on several images, and no image is opened twice for libvips to remember it.
sharp.concurrency(1);
sharp.cache(false);

/** Size of what `decodeBytes` gives, from the image's header. @throws as `decodeBytes` */
export async function readDecodedSize(
  bytes: Uint8Array,
  options: ResizeOptions,
): Promise<ImageSize> {
  const {size} = await readHeader(bytes);
  const plan = planResize(size, options);
  const {width, height} = plan.padding ?? plan.size;
  return {width, height};
}

/** An image as libvips reads it: by itself, or as the pixels that a decoder of ours made of it. */
async function openImage(
  bytes: Uint8Array,
  {format, isCmyk, hasNonSrgbProfile: hasProfile}: ImageHeader,
): Promise<Sharp> {
  const decoder = getDecoder(format)!;
  if (decoder !== 'libvips') return fromRaster(await RASTER_DECODERS[decoder].decode(bytes));
  const tags = format === 'TIFF' ? readTiffTags(bytes) : undefined;
  if (tags !== undefined && needsConversion(tags))
    return fromRaster(await convertTiff(bytes, tags, SHARP_OPTIONS));
  const file = format === 'PNG' ? embedGammaProfile(bytes) : bytes;
  // Colors are brought to sRGB, as browsers do it, which takes its time: only where they are others. Inks (CMYK) mean nothing otherwise.
  return sharp(file, {
    ...SHARP_OPTIONS,
    ignoreIcc: !isCmyk && !hasProfile && file === bytes,
  }).autoOrient();
}

function fromRaster(raster: Raster): Sharp {
  const {data, width, height, channels, profile} = raster;
  if (profile === undefined || isSrgb(profile))
    return sharp(data, {raw: {width, height, channels}});
  return sharp(encodeTiffWithProfile(raster, profile), SHARP_OPTIONS);
}

/** The used region of an image as 8-bit sRGB over white, upright. */
async function prepareImage(
  bytes: Uint8Array,
  header: ImageHeader,
  cropBox: CropBox,
): Promise<Sharp> {
  const {size, isSimpleJpeg: isPlain} = header;
  const image = (await openImage(bytes, header))
    .flatten({background: 'white'})
    .toColourspace('srgb');
  const isFullImage = cropBox.width === size.width && cropBox.height === size.height;
  return isPlain && isFullImage ? image : image.extract(cropBox);
}

const shrink = (image: Sharp, {width, height}: ImageSize): Sharp =>
  image.resize(width, height, {kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false});

/** Images that need much memory are decoded one at a time. */
const isLarge = ({size, isStreamed}: ImageHeader): boolean =>
  size.width * size.height > (isStreamed ? 2 ** 26 : 2 ** 24);

/** Work on an image, one at a time where it is huge. */
const limitMemory = <Result>(
  bytes: Uint8Array,
  header: ImageHeader,
  task: () => Promise<Result>,
): Promise<Result> => explainUnsupported(bytes, isLarge(header) ? runExclusive(task) : task());

/**
 * Decodes an image and resizes it as its `ResizePlan` says, with PIL's bilinear filter: its short side to `resizeSize`, or all of it into a square
 * of `cropSize`. The orientation flag is applied, transparency laid over white, everything brought to 8-bit sRGB; of an animation the first
 * frame counts.
 *
 * @throws Error of sharp's for what is no image, is cut off or damaged, or has more pixels than sharp's limit; `describeDecodeError` says which
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
  // libvips enlarges half an output pixel off the place where PIL does.
  return {...size, data: resample(pixels, {...shrunkSize, left: 0, top: 0}, size)};
}

/** An image of more is shrunk while it is checked, to a short side of so many pixels. */
const [MAX_FULL_SIZE_PIXELS, SHRUNK_SHORT_SIDE] = [2 ** 22, 256];

/** Decodes every pixel that `decodeBytes` reads, for its errors and for inspection. @throws as `decodeBytes` */
export async function decodeForInspection(
  bytes: Uint8Array,
): Promise<{header: ImageHeader; image: DecodedImage}> {
  const header = await readHeader(bytes);
  return {header, image: await limitMemory(bytes, header, () => decodeFull(bytes, header))};
}

async function decodeFull(bytes: Uint8Array, header: ImageHeader): Promise<DecodedImage> {
  const cropBox = limitAspectRatio(header.size);
  const image = await prepareImage(bytes, header, cropBox);
  // Shrinking is the greater part of the work on a small image, and keeps a large one from filling the memory.
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

/** `decodeBytes` of a file. @throws also what reading the file throws */
export async function decodeFile(
  path: string,
  preprocessing: ResizeOptions,
): Promise<DecodedImage> {
  return decodeBytes(await readBytes(path), preprocessing);
}
