import {fillColour, type Preprocessing} from '../core/preprocessing.js';
import type {DecodedImage, ImageSize, Window} from './resample.js';
import {usedWindow} from './windows.js';

/** What decoding needs of a preprocessing; without a `fit`, its size alone. */
export type Resizing = Preprocessing | (Pick<Preprocessing, 'resizeSize'> & {readonly fit?: undefined});

/** A coloured square with the picture in its middle. */
export interface Frame extends ImageSize {
  readonly left: number;
  readonly top: number;
  /** RGB */
  readonly colour: readonly [number, number, number];
}

/** How an image becomes the picture that is kept. */
export interface Fitting {
  /** The part of it that is used. */
  readonly window: Window;
  /** What that becomes. */
  readonly size: ImageSize;
  /** What that is put into. */
  readonly frame?: Frame;
}

const whole = ({width, height}: ImageSize): Window => ({width, height, left: 0, top: 0});

/** torchvision's `Resize(size)`: the short side becomes `size`, the long side is truncated (torchvision/transforms/functional.py). */
export function resizedSize({width, height}: ImageSize, size: number): ImageSize {
  return width <= height
    ? {width: size, height: Math.trunc((size * height) / width)}
    : {width: Math.trunc((size * width) / height), height: size};
}

function padded(image: ImageSize, preprocessing: Preprocessing): Fitting {
  const {cropSize} = preprocessing;
  const scale = cropSize / Math.max(image.width, image.height);
  const [width, height] = [image.width, image.height].map(side => Math.max(1, Math.round(side * scale))) as [number, number];
  const [left, top] = [(cropSize - width) >> 1, (cropSize - height) >> 1];
  const frame = {width: cropSize, height: cropSize, left, top, colour: fillColour(preprocessing)};
  return {window: whole(image), size: {width, height}, ...((width < cropSize || height < cropSize) && {frame})};
}

/**
 * How an image of a size is fitted. Cropping keeps it as large as random crops are cut from; what is squashed or padded is a square as the
 * network sees it.
 */
export function fittingOf(image: ImageSize, resizing: Resizing): Fitting {
  if (resizing.fit === undefined || resizing.fit === 'crop') {
    const window = usedWindow(image);
    return {window, size: resizedSize(window, resizing.resizeSize)};
  }
  if (resizing.fit === 'pad') return padded(image, resizing);
  return {window: whole(image), size: {width: resizing.cropSize, height: resizing.cropSize}};
}

/** Puts a picture into its frame. */
export function framed(image: DecodedImage, {width, height, left, top, colour}: Frame): DecodedImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(colour, i);
  const row = image.width * 3;
  for (let y = 0; y < image.height; y++) data.set(image.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * 3);
  return {data, width, height};
}

/** A picture without its frame, as far as rows and columns are of the frame's colour alone; the colours of a copy's frame say nothing. */
export function unframed(image: DecodedImage, colour: Frame['colour']): DecodedImage {
  const {data, width, height} = image;
  const isFrame = (x: number, y: number): boolean => colour.every((value, channel) => data[(y * width + x) * 3 + channel] === value);
  const columns = Array.from({length: width}, (_, x) => x);
  const rows = Array.from({length: height}, (_, y) => y);
  const isInside = {
    row: (y: number): boolean => !columns.every(x => isFrame(x, y)),
    column: (x: number): boolean => !rows.every(y => isFrame(x, y)),
  };
  const [top, bottom] = [rows.find(isInside.row), rows.findLast(isInside.row)];
  const [left, right] = [columns.find(isInside.column), columns.findLast(isInside.column)];
  if (top === undefined || bottom === undefined || left === undefined || right === undefined) return image;
  const inner = {width: right - left + 1, height: bottom - top + 1};
  const pixels = new Uint8Array(inner.width * inner.height * 3);
  for (let y = 0; y < inner.height; y++) {
    const start = ((top + y) * width + left) * 3;
    pixels.set(data.subarray(start, start + inner.width * 3), y * inner.width * 3);
  }
  return {...inner, data: pixels};
}
