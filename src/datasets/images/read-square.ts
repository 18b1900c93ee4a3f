import type {Preprocessing} from '../../core/preprocessing.js';
import {decodeBytes} from './decode.js';
import {describeDecodeError, ImageError} from './image-error.js';
import {readHeader} from './image-header.js';
import {readBytes} from './read-bytes.js';
import type {ImageSize} from './resample.js';
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

/** Reads an image file by a function of its bytes. @throws ImageError with the reason as message, as a clause */
export async function readImage<T>(
  image: ImageInput,
  read: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  try {
    return await read(await toBytes(image));
  } catch (error) {
    throw new ImageError(reasonOf(error), {cause: error});
  }
}

/** The size of an image after its EXIF orientation is applied, from the header. @throws ImageError */
export const readUprightSize = (image: ImageInput): Promise<ImageSize> =>
  readImage(image, async bytes => (await readHeader(bytes)).size);

/**
 * Decodes, resizes and crops an image file as in training, without augmentation.
 *
 * @param tta test-time augmentation; `none` gives the one view of training
 * @returns `[views, cropSize, cropSize, 3]`, RGB
 * @throws ImageError with the reason as message, as a clause
 */
export const readSquare = (
  image: ImageInput,
  preprocessing: Preprocessing,
  tta: TestTimeAugmentation = 'none',
): Promise<Uint8Array> =>
  readImage(image, async bytes =>
    cropViews(await decodeBytes(bytes, preprocessing), preprocessing.cropSize, tta),
  );
