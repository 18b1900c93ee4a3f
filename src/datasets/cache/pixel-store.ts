import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {defineError, FinetuneError} from '../../core/errors.js';
import type {UniqueImage, DecodeResult, DecodeErrors} from './unique-images.js';
import {describeDecodeError} from '../images/image-error.js';
import type {DecodedImage} from '../images/resample.js';
import {
  openChecksummedFile,
  writeChecksummedFile,
  type ChecksummedFile,
} from '../../core/files/checksummed-file.js';
import {copyToSharedMemory} from './shared-memory.js';

/** Decoded images, in memory or in a file. */
export interface PixelStore {
  /** Decode errors, by content hash. */
  readonly errors: DecodeErrors;
  /** The pixels of an image that has no decode error. */
  image(uniqueImage: UniqueImage): DecodedImage | Promise<DecodedImage>;
  close(): Promise<void>;
}

/** Decodes unique images concurrently and passes each to `store`. Returns the decode errors by hash. */
type DecodeAll = (
  store: (uniqueImage: UniqueImage, image: DecodedImage) => Promise<void>,
) => Promise<DecodeResult>;

/** Thrown if the stored pixels of an image are damaged, and the image file is missing or has changed. */
export class PixelCacheCorruptError extends defineError(
  FinetuneError,
  'PIXEL_CACHE_CORRUPT',
  ({path, imagePath, cause}: {path: string; imagePath: string; cause: unknown}) => {
    const reason = describeDecodeError(cause);
    return `No intact pixels of ${imagePath} are in ${path}, and the image cannot be read again: ${reason}. Start again.`;
  },
) {}

/** Decodes a single unique image. */
type Redecode = (uniqueImage: UniqueImage) => Promise<DecodedImage>;

/**
 * Keeps pixels in memory, up to the limit. Images beyond the limit are decoded on every request.
 *
 * @param memoryLimitBytes default: no limit
 * @throws AbortedError
 */
export async function decodeIntoMemory(
  decodeAll: DecodeAll,
  redecode: Redecode,
  memoryLimitBytes = Infinity,
): Promise<PixelStore> {
  const images = new Map<string, DecodedImage>();
  let usedBytes = 0;
  const {errors} = await decodeAll(async ({hash}, image) => {
    if (usedBytes + image.data.length > memoryLimitBytes) return;
    usedBytes += image.data.length;
    images.set(hash, {...image, data: copyToSharedMemory(image.data)});
  });
  return {
    errors,
    image: uniqueImage =>
      images.get(uniqueImage.hash) ?? redecodeOrThrow(uniqueImage, 'the cache', redecode),
    close: async () => images.clear(),
  };
}

const redecodeOrThrow = (
  uniqueImage: UniqueImage,
  path: string,
  redecode: Redecode,
): Promise<DecodedImage> =>
  redecode(uniqueImage).catch(cause =>
    Promise.reject(new PixelCacheCorruptError({path, imagePath: uniqueImage.path, cause})),
  );

/** Metadata of a pixel file: checksums of the pixels, and decode errors, each by hash. */
interface PixelFileMetadata {
  readonly checksums: readonly (readonly [string, number])[];
  readonly errors: readonly (readonly [string, string])[];
  /** Whether all errors are permanent. If not, only the run that created the file can use it. */
  readonly arePermanent: boolean;
}

/**
 * Keeps all pixels in a file on disk.
 *
 * @param path path of the file; if it exists and is complete, nothing is decoded
 * @param redecode decodes an image whose stored pixels are damaged
 * @throws AbortedError; the system error if the file cannot be written
 */
export async function decodeIntoFile(
  path: string,
  byteCount: number,
  decodeAll: DecodeAll,
  redecode: Redecode,
): Promise<PixelStore> {
  const file =
    (await openReusable(path, byteCount)) ?? (await createPixelFile(path, byteCount, decodeAll));
  return createFileStore(file, path, redecode);
}

async function openReusable(path: string, byteCount: number): Promise<ChecksummedFile | undefined> {
  const file = await openChecksummedFile(path, byteCount);
  if (file === undefined || (file.metadata as PixelFileMetadata).arePermanent) return file;
  await file.close();
  return undefined;
}

async function createPixelFile(
  path: string,
  byteCount: number,
  decodeAll: DecodeAll,
): Promise<ChecksummedFile> {
  await mkdir(dirname(path), {recursive: true});
  await writeChecksummedFile(path, byteCount, async (write): Promise<PixelFileMetadata> => {
    const checksums: [string, number][] = [];
    const {errors, arePermanent} = await decodeAll(async ({hash, offset}, {data}) => {
      checksums.push([hash, crc32(data)]);
      await write(data, offset);
    });
    return {checksums, errors: [...errors], arePermanent};
  });
  const file = await openChecksummedFile(path, byteCount);
  if (file === undefined) throw new Error('the file is not what was written');
  return file;
}

function createFileStore(file: ChecksummedFile, path: string, redecode: Redecode): PixelStore {
  const metadata = file.metadata as PixelFileMetadata;
  const checksums = new Map(metadata.checksums);
  return {
    errors: new Map(metadata.errors),
    async image(uniqueImage) {
      const {hash, offset, width, height} = uniqueImage;
      const data = await file.read(offset, width * height * 3);
      if (data !== undefined && crc32(data) === checksums.get(hash)) return {data, width, height};
      return redecodeOrThrow(uniqueImage, path, redecode);
    },
    close: () => file.close(),
  };
}
