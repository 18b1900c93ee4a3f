import type {Preprocessing} from '../../../src/core/preprocessing.js';
import {seenRegion} from '../../../src/datasets/activation-maps/placed-map.js';
import {centerCropBox, cropSquare} from '../../../src/datasets/images/crop.js';
import {resample, type CropBox} from '../../../src/datasets/images/resample.js';
import {letterbox, planResize} from '../../../src/datasets/images/resize-plan.js';
import {shrink, type CanvasPixels} from './shrink.js';

/** What a network sees of an image. */
export interface Square {
  /** `[cropSize, cropSize, 3]`, RGB. */
  readonly pixels: Uint8Array;
  /** Where the square lies in the image, in pixels of the image. With padding it is larger than the image. */
  readonly region: CropBox;
}

/** Cuts a box out of an image. */
function cutOut(image: CanvasPixels, {left, top, width, height}: CropBox): CanvasPixels {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 4;
    data.set(image.data.subarray(start, start + width * 4), y * width * 4);
  }
  return {data, width, height};
}

/** Resizes and crops an opaque, upright image as Node does: see `decodeBytes` and `cropViews`. */
export function toSquare(image: CanvasPixels, preprocessing: Preprocessing): Square {
  const {cropSize} = preprocessing;
  const {cropBox, size, padding} = planResize(image, preprocessing);
  const shrunk = shrink(cutOut(image, cropBox), {
    width: Math.min(size.width, cropBox.width),
    height: Math.min(size.height, cropBox.height),
  });
  const isEnlarged = shrunk.width < size.width || shrunk.height < size.height;
  const resized = isEnlarged
    ? {...size, data: resample(shrunk, {...shrunk, left: 0, top: 0}, size)}
    : shrunk;
  const whole = padding === undefined ? resized : letterbox(resized, padding);
  return {
    pixels: cropSquare(whole, centerCropBox(whole, cropSize)),
    region: seenRegion(image, preprocessing),
  };
}
