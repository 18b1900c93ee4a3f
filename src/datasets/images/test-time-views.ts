import {centerCropBox, cropSquare} from './crop.js';
import type {CropBox, DecodedImage, ImageSize} from './resample.js';

/**
 * Views of an image per test-time augmentation. `flip`: the image and its mirror image. `ten-crop`: the four corners and the center of the
 * resized image, and those of its mirror image (https://arxiv.org/abs/1512.03385, section 4.1; torchvision `TenCrop`).
 */
export const TTA_VIEWS = {none: 1, flip: 2, 'ten-crop': 10} as const;

/** Test-time augmentation: the views of an image whose probabilities are averaged. */
export type TestTimeAugmentation = keyof typeof TTA_VIEWS;

export const TEST_TIME_AUGMENTATIONS = Object.keys(TTA_VIEWS) as readonly TestTimeAugmentation[];

/** The image, mirrored left to right. */
function mirror({data, width, height}: DecodedImage): DecodedImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      mirrored.set(data.subarray(from, from + 3), (y * width + width - 1 - x) * 3);
    }
  }
  return {data: mirrored, width, height};
}

/** The corners and the center, in the order of torchvision's `FiveCrop`. */
function fiveCropBoxes(image: ImageSize, size: number): CropBox[] {
  const [right, bottom] = [image.width - size, image.height - size];
  const corners = [
    [0, 0],
    [right, 0],
    [0, bottom],
    [right, bottom],
  ] as const;
  return [
    ...corners.map(([left, top]) => ({left, top, width: size, height: size})),
    centerCropBox(image, size),
  ];
}

/** Cuts the views out of a decoded image: `[views, size, size, 3]`. @throws RangeError for an image that is smaller than the crop */
export function cropViews(
  image: DecodedImage,
  size: number,
  tta: TestTimeAugmentation,
): Uint8Array {
  const center = centerCropBox(image, size);
  const boxes = tta === 'ten-crop' ? fiveCropBoxes(image, size) : [center];
  const sources = tta === 'none' ? [image] : [image, mirror(image)];
  const views = new Uint8Array(TTA_VIEWS[tta] * size * size * 3);
  sources.forEach((source, i) =>
    boxes.forEach((box, j) =>
      views.set(cropSquare(source, box), (i * boxes.length + j) * size * size * 3),
    ),
  );
  return views;
}
