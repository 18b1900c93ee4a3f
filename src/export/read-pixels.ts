import {defineError, FinetuneError} from '../core/errors.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {READABLE_FORMATS} from '../datasets/images/image-format.js';
import {describeDecodeError} from '../datasets/images/image-error.js';
import {readSquare, type ImageInput} from '../datasets/images/read-square.js';

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
  preprocessing: Preprocessing,
): Promise<Uint8Array> {
  try {
    return await readSquare(image, preprocessing);
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
 * Decodes, resizes and crops images exactly as in training.
 * @param first index of the first image in the caller's list
 * @returns RGB pixels, `[n, cropSize, cropSize, 3]`
 * @throws UnreadableImageError
 */
export async function readPixels(
  images: readonly ImageInput[],
  preprocessing: Preprocessing,
  first = 0,
): Promise<Uint8Array> {
  const bytesPerImage = preprocessing.cropSize ** 2 * 3;
  const pixels = new Uint8Array(images.length * bytesPerImage);
  const fill = async (image: ImageInput, i: number): Promise<void> =>
    pixels.set(await readOne(image, first + i, preprocessing), i * bytesPerImage);
  await Promise.all(images.map(fill));
  return pixels;
}
