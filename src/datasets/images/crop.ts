import type {DecodedImage, ImageSize, CropBox} from './resample.js';

/**
 * Maximum aspect ratio (long side / short side). Of longer images, only the center is used: a strip of 1 x 60,000 must not exhaust the
 * memory.
 */
export const MAX_ASPECT_RATIO = 4;

/** Rounds halves to the even neighbor, like Python's `round`, which torchvision uses to place a center crop. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The box of a center crop, placed as by torchvision's `CenterCrop`. */
function centerBox({width, height}: ImageSize, size: ImageSize): CropBox {
  return {
    ...size,
    left: roundHalfToEven((width - size.width) / 2),
    top: roundHalfToEven((height - size.height) / 2),
  };
}

/** The region of an image that is used: the whole image, except for very long ones. */
export function limitAspectRatio(size: ImageSize): CropBox {
  const maxSide = Math.min(size.width, size.height) * MAX_ASPECT_RATIO;
  return centerBox(size, {
    width: Math.min(size.width, maxSide),
    height: Math.min(size.height, maxSide),
  });
}

/** The box of the central square, placed as by torchvision's `CenterCrop`. @throws RangeError for an image that is smaller */
export function centerCropBox(image: ImageSize, size: number): CropBox {
  if (Math.min(image.width, image.height) < size) {
    throw new RangeError(
      `An image of ${image.width} x ${image.height} pixels is too small for a crop of ${size} x ${size}.`,
    );
  }
  return centerBox(image, {width: size, height: size});
}

/** Copies a square out of an image: `[size, size, 3]`. @param box a square inside the image */
export function cropSquare(image: DecodedImage, {left, top, width: size}: CropBox): Uint8Array {
  const crop = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const start = ((top + row) * image.width + left) * 3;
    crop.set(image.data.subarray(start, start + size * 3), row * size * 3);
  }
  return crop;
}

/** Crops the central square: `[size, size, 3]`. @throws RangeError for an image that is smaller */
export const centerCrop = (image: DecodedImage, size: number): Uint8Array =>
  cropSquare(image, centerCropBox(image, size));
