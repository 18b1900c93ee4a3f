import type {Preprocessing} from '../../core/preprocessing.js';
import {decodeBytes} from './decode.js';
import {describeDecodeError, ImageError} from './image-error.js';
import {readBytes} from './read-bytes.js';
import {cropViews, type TestTimeAugmentation} from './test-time-views.js';

/** An image file: its path, its bytes, or a Blob, which may be on disk. */
export type ImageInput = string | Uint8Array | Blob;

const toBytes = async (image: ImageInput): Promise<Uint8Array> => {
  if (typeof image === 'string') return readBytes(image);
  return image instanceof Uint8Array ? image : new Uint8Array(await image.arrayBuffer());
};

/** The reason of an error. The path may be mistyped by a user. */
const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? 'there is no such file'
    : describeDecodeError(error);

/**
 * Decodes, resizes and crops an image file as in training, without augmentation.
 *
 * @param tta test-time augmentation; `none` gives the one view of training
 * @returns `[views, cropSize, cropSize, 3]`, RGB
 * @throws ImageError with the reason as message, as a clause
 */
export async function readSquare(
  image: ImageInput,
  preprocessing: Preprocessing,
  tta: TestTimeAugmentation = 'none',
): Promise<Uint8Array> {
  try {
    const decoded = await decodeBytes(await toBytes(image), preprocessing);
    return cropViews(decoded, preprocessing.cropSize, tta);
  } catch (error) {
    throw new ImageError(reasonOf(error), {cause: error});
  }
}
