import {defineError, FinetuneError} from '../core/errors.js';
import {READABLE_FORMATS} from '../datasets/images/image-format.js';
import {describeDecodeError} from '../datasets/images/image-error.js';
import {readSquare, readUprightSize, type ImageInput} from '../datasets/images/read-square.js';
import type {ImageSize} from '../datasets/images/resample.js';
import type {Preprocessing} from '../core/preprocessing.js';
import type {TestTimeAugmentation} from '../datasets/images/test-time-views.js';
import type {ModelMember} from './model-member.js';
import {readImageViews, type ImageViews} from './score-images.js';

/** A value to classify cannot be read as an image. */
export class UnreadableImageError extends defineError(
  FinetuneError,
  'IMAGE_UNREADABLE',
  ({
    image,
    reason,
  }: {
    image: string;
    reason: string;
    /** Index of the image in the caller's list. */
    index: number;
  }) => `${image} cannot be read: ${reason}. Give a ${READABLE_FORMATS} file.`,
) {}

const nameOf = (image: ImageInput): string =>
  typeof image === 'string'
    ? image
    : `${image instanceof Uint8Array ? image.length : image.size} bytes`;

/** Reads every image. @param first index of the first one in the caller's list @throws UnreadableImageError */
const readAll = <T>(
  images: readonly ImageInput[],
  first: number,
  read: (image: ImageInput) => Promise<T>,
): Promise<T[]> =>
  Promise.all(
    images.map(async (image, i) => {
      try {
        return await read(image);
      } catch (error) {
        const reason = describeDecodeError(error);
        const index = first + i;
        throw new UnreadableImageError({image: nameOf(image), reason, index, cause: error});
      }
    }),
  );

/**
 * Decodes, resizes and crops images for the members of a model, exactly as in training.
 * @param first index of the first image in the caller's list
 * @throws UnreadableImageError
 */
export const readAllViews = (
  images: readonly ImageInput[],
  members: readonly ModelMember[],
  tta: TestTimeAugmentation,
  first: number,
): Promise<ImageViews[]> => readAll(images, first, image => readImageViews(image, members, tta));

/** Decodes, resizes and crops an image for the members of a model, and reads its upright size. @throws UnreadableImageError */
export async function readViewsAndSize(
  image: ImageInput,
  members: readonly ModelMember[],
): Promise<{readonly views: ImageViews; readonly size: ImageSize}> {
  const [read] = await readAll([image], 0, async each => ({
    views: await readImageViews(each, members, 'none'),
    size: await readUprightSize(each),
  }));
  return read!;
}

/**
 * Decodes, resizes and crops images for one network, exactly as in training.
 * @param first index of the first image in the caller's list
 * @returns RGB pixels, `[n, cropSize, cropSize, 3]`
 * @throws UnreadableImageError
 */
export async function readPixels(
  images: readonly ImageInput[],
  preprocessing: Preprocessing,
  first: number,
): Promise<Uint8Array> {
  const bytesPerImage = preprocessing.cropSize ** 2 * 3;
  const pixels = new Uint8Array(images.length * bytesPerImage);
  const squares = await readAll(images, first, image => readSquare(image, preprocessing));
  squares.forEach((square, i) => pixels.set(square, i * bytesPerImage));
  return pixels;
}
