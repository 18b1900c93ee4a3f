import {computeFillColor, type Preprocessing} from '../../core/preprocessing.js';
import type {DecodedImage, ImageSize, CropBox} from './resample.js';
import {limitAspectRatio} from './crop.js';

/** The options that decoding needs from a preprocessing; only the size if there is no `fit`. */
export type ResizeOptions =
  Preprocessing | (Pick<Preprocessing, 'resizeSize'> & {readonly fit?: undefined});

/** A square of one color around the centered image. */
export interface Padding extends ImageSize {
  readonly left: number;
  readonly top: number;
  /** Color as RGB, 0..255. */
  readonly color: readonly [number, number, number];
}

/** Steps from an image to the stored image. */
export interface ResizePlan {
  /** The used region of the image. */
  readonly cropBox: CropBox;
  /** The size that the region is resized to. */
  readonly size: ImageSize;
  /** The padding around the resized region. */
  readonly padding?: Padding;
}

const fullImage = ({width, height}: ImageSize): CropBox => ({width, height, left: 0, top: 0});

/** torchvision's `Resize(size)`: the short side becomes `size`, the long side is rounded down (torchvision/transforms/functional.py). */
export function resizedSize({width, height}: ImageSize, size: number): ImageSize {
  return width <= height
    ? {width: size, height: Math.trunc((size * height) / width)}
    : {width: Math.trunc((size * width) / height), height: size};
}

function planLetterbox(image: ImageSize, preprocessing: Preprocessing): ResizePlan {
  const {cropSize} = preprocessing;
  const scale = cropSize / Math.max(image.width, image.height);
  const [width, height] = [image.width, image.height].map(side =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  const [left, top] = [(cropSize - width) >> 1, (cropSize - height) >> 1];
  const padding = {
    width: cropSize,
    height: cropSize,
    left,
    top,
    color: computeFillColor(preprocessing),
  };
  return {
    cropBox: fullImage(image),
    size: {width, height},
    ...((width < cropSize || height < cropSize) && {padding}),
  };
}

/**
 * Plans the resizing of an image. For `crop`, the image stays large enough for random crops. `squash` and `pad` produce the square that the
 * network sees.
 */
export function planResize(image: ImageSize, options: ResizeOptions): ResizePlan {
  if (options.fit === undefined || options.fit === 'crop') {
    const cropBox = limitAspectRatio(image);
    return {cropBox, size: resizedSize(cropBox, options.resizeSize)};
  }
  if (options.fit === 'pad') return planLetterbox(image, options);
  return {cropBox: fullImage(image), size: {width: options.cropSize, height: options.cropSize}};
}

/** Adds padding around an image. */
export function letterbox(
  image: DecodedImage,
  {width, height, left, top, color}: Padding,
): DecodedImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(color, i);
  const row = image.width * 3;
  for (let y = 0; y < image.height; y++)
    data.set(image.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * 3);
  return {data, width, height};
}

/** Removes padding from an image: border rows and columns that have only the padding's color. */
export function removeLetterbox(image: DecodedImage, color: Padding['color']): DecodedImage {
  const {data, width, height} = image;
  const isPadding = (x: number, y: number): boolean =>
    color.every((value, channel) => data[(y * width + x) * 3 + channel] === value);
  const columns = Array.from({length: width}, (_, x) => x);
  const rows = Array.from({length: height}, (_, y) => y);
  const isInside = {
    row: (y: number): boolean => !columns.every(x => isPadding(x, y)),
    column: (x: number): boolean => !rows.every(y => isPadding(x, y)),
  };
  const [top, bottom] = [rows.find(isInside.row), rows.findLast(isInside.row)];
  const [left, right] = [columns.find(isInside.column), columns.findLast(isInside.column)];
  if (top === undefined || bottom === undefined || left === undefined || right === undefined)
    return image;
  const innerSize = {width: right - left + 1, height: bottom - top + 1};
  const pixels = new Uint8Array(innerSize.width * innerSize.height * 3);
  for (let y = 0; y < innerSize.height; y++) {
    const start = ((top + y) * width + left) * 3;
    pixels.set(data.subarray(start, start + innerSize.width * 3), y * innerSize.width * 3);
  }
  return {...innerSize, data: pixels};
}
