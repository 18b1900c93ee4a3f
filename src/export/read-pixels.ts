import {FinetuneError} from '../core/errors.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {decode, decodeBytes} from '../datasets/decode.js';
import {READABLE_FORMATS} from '../datasets/image-format.js';
import {centreCrop} from '../datasets/windows.js';
import {decodingFault} from '../datasets/readability.js';
import type {Readable} from './image-source.js';

/** Something to classify that is no image. */
export class UnreadableImageError extends FinetuneError {
  override readonly name = 'UnreadableImageError';
  override readonly code = 'IMAGE_UNREADABLE';

  constructor(
    readonly image: string,
    readonly reason: string,
    /** Of the image in the list that was to be read. */
    readonly index = 0,
    options?: ErrorOptions,
  ) {
    super(`Expected an image in ${image}, but found none that can be read: ${reason}. Give a ${READABLE_FORMATS} file.`, options);
  }
}

function reasonOf(error: unknown): string {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : decodingFault(error);
}

const nameOf = (image: Readable): string =>
  typeof image === 'string' ? image : `${image instanceof Uint8Array ? image.length : image.size} bytes`;

async function readOne(image: Readable, index: number, preprocessing: Preprocessing): Promise<Uint8Array> {
  try {
    if (typeof image === 'string') return centreCrop(await decode(image, preprocessing), preprocessing.cropSize);
    const bytes = image instanceof Uint8Array ? image : new Uint8Array(await image.arrayBuffer());
    const decoded = await decodeBytes(bytes, preprocessing);
    return centreCrop(decoded, preprocessing.cropSize);
  } catch (error) {
    throw new UnreadableImageError(nameOf(image), reasonOf(error), index, {cause: error});
  }
}

/**
 * Decodes, resizes and crops images exactly as in training.
 * @param first index of the first of them in the caller's list
 * @returns pixels, RGB, `[n, cropSize, cropSize, 3]`
 * @throws UnreadableImageError
 */
export async function readPixels(images: readonly Readable[], preprocessing: Preprocessing, first = 0): Promise<Uint8Array> {
  const pictureBytes = preprocessing.cropSize ** 2 * 3;
  const pixels = new Uint8Array(images.length * pictureBytes);
  const fill = async (image: Readable, i: number): Promise<void> =>
    pixels.set(await readOne(image, first + i, preprocessing), i * pictureBytes);
  await Promise.all(images.map(fill));
  return pixels;
}
