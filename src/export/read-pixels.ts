import {defineError, FinetuneError} from '../core/errors.js';
import {READABLE_FORMATS} from '../datasets/images/image-format.js';
import {describeDecodeError} from '../datasets/images/image-error.js';
import type {ImageInput} from '../datasets/images/read-square.js';
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

async function readOne(
  image: ImageInput,
  index: number,
  members: readonly ModelMember[],
  tta: TestTimeAugmentation,
): Promise<ImageViews> {
  try {
    return await readImageViews(image, members, tta);
  } catch (error) {
    throw new UnreadableImageError({
      image: nameOf(image),
      reason: describeDecodeError(error),
      index,
      cause: error,
    });
  }
}

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
): Promise<ImageViews[]> =>
  Promise.all(images.map((image, i) => readOne(image, first + i, members, tta)));
