import {mkdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {LruFileCache} from '../../core/files/lru-file-cache.js';
import {AbortedError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {computeFillColor, type Preprocessing} from '../../core/preprocessing.js';
import {
  decodeUniqueImage,
  decodeUniqueImages,
  computeCacheKey,
  readUniqueImages,
} from './unique-images.js';
import type {UniqueImage, ProcessingOptions} from './unique-images.js';
import type {Sample} from '../sample.js';
import {decodeIntoFile, decodeIntoMemory} from './pixel-store.js';
import type {PixelStore} from './pixel-store.js';
import {
  assertClassesReadable,
  partitionReadable,
  unreadableImageFindings,
} from '../discovery/broken-images.js';
import type {DecodedImage} from '../images/resample.js';

export interface ImageCacheOptions extends ProcessingOptions {
  /** Class names in the order of the labels, for errors and findings. */
  readonly classNames: readonly string[];
  /** Maximum bytes of decoded pixels in memory. If the images need more, all of them are written to a file in `directory`. */
  readonly memoryLimitBytes: number;
  /** Directory for files of decoded images, created when needed. Later runs with the same images reuse them. */
  readonly directory: string;
  /**
   * Maximum bytes of the files of decoded images. Default: what the images need, plus a quarter of the free space for files of other runs.
   */
  readonly limitBytes?: number;
  /** Called with a sentence if the images cannot be stored in a file. They are then decoded on every request. */
  readonly onWarning?: (message: string) => void;
}

/** Decoded images as 8-bit pixels. Every image is decoded once. */
export interface ImageCache {
  /** One finding per unreadable image, in the order of the samples. */
  readonly findings: readonly Finding[];
  /** Readable samples, in the given order. */
  readonly samples: readonly Sample[];
  /** SHA-256 of the file's bytes, in hex. @throws RangeError for a sample that is not among `samples` */
  contentHash(sample: Sample): string;
  /** The pixels of a sample: synchronous from memory, a promise from a file. @throws RangeError for a sample that is not among `samples` */
  image(sample: Sample): DecodedImage | Promise<DecodedImage>;
  close(): Promise<void>;
}

/**
 * Decodes every image, exact duplicates only once, and keeps the pixels until `close`. Broken images become findings.
 *
 * @throws UnreadableClassError, EmptyClassError, AbortedError
 */
export async function openImageCache(
  samples: readonly Sample[],
  preprocessing: Preprocessing,
  options: ImageCacheOptions,
): Promise<ImageCache> {
  const {
    uniqueImages,
    bySample: uniqueImageByName,
    errors,
  } = await readUniqueImages(samples, preprocessing, options);
  const store = await openPixelStore(uniqueImages, preprocessing, options);
  const {readable, broken} = partitionReadable(
    samples,
    ({name}) => errors.get(name) ?? store.errors.get(uniqueImageByName.get(name)!.hash),
  );
  try {
    assertClassesReadable(readable, broken, options.classNames);
  } catch (error) {
    await store.close();
    throw error;
  }
  const readableNames = new Set(readable.map(({name}) => name));
  const getUniqueImage = ({name}: Sample): UniqueImage => {
    if (!readableNames.has(name))
      throw new RangeError(`${name} is not a readable image of the cache.`);
    return uniqueImageByName.get(name)!;
  };
  return {
    findings: unreadableImageFindings(readable, broken, options.classNames),
    samples: readable,
    contentHash: sample => getUniqueImage(sample).hash,
    image: sample => store.image(getUniqueImage(sample)),
    close: () => store.close(),
  };
}

/**
 * Creates the cache for files of decoded images.
 *
 * @param limitBytes default: what the images of a run need, plus a quarter of the free space
 */
export const createPixelFileCache = (directory: string, limitBytes?: number): LruFileCache =>
  new LruFileCache(directory, name => /^pixels-.*\.bin$/.test(name), limitBytes);

/** Increment when `decodeBytes` produces different pixels. */
const DECODER_VERSION = 2;

async function openPixelStore(
  uniqueImages: readonly UniqueImage[],
  preprocessing: Preprocessing,
  options: ImageCacheOptions,
): Promise<PixelStore> {
  const {memoryLimitBytes, directory, limitBytes, onWarning} = options;
  const lastImage = uniqueImages.at(-1);
  const byteCount =
    lastImage === undefined ? 0 : lastImage.offset + lastImage.width * lastImage.height * 3;
  const decodeAll = (store: (uniqueImage: UniqueImage, image: DecodedImage) => Promise<void>) =>
    decodeUniqueImages(uniqueImages, preprocessing, options, store);
  const redecode = (uniqueImage: UniqueImage): Promise<DecodedImage> =>
    decodeUniqueImage(uniqueImage, preprocessing);
  const decodeToMemory = (): Promise<PixelStore> =>
    decodeIntoMemory(decodeAll, redecode, memoryLimitBytes);
  if (byteCount <= memoryLimitBytes) return decodeToMemory();
  const {resizeSize, interpolation, fit, cropSize} = preprocessing;
  const squareOptions =
    fit === undefined ? [] : [fit, cropSize, ...computeFillColor(preprocessing)];
  const key = computeCacheKey(
    uniqueImages,
    DECODER_VERSION,
    resizeSize,
    interpolation,
    ...squareOptions,
  );
  const path = join(directory, `pixels-${key.slice(0, 32)}.bin`);
  const fileCache = createPixelFileCache(directory, limitBytes);
  await fileCache.markUsed(path);
  try {
    await mkdir(directory, {recursive: true});
    if (!(await isExisting(path)) && !(await fileCache.evictFor(byteCount, true)))
      throw new Error('there is no room for it');
    return await decodeIntoFile(path, byteCount, decodeAll, redecode);
  } catch (error) {
    if (error instanceof AbortedError) throw error;
    onWarning?.(describeCacheFailure(path, byteCount, error));
    return decodeToMemory();
  }
}

const isExisting = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const describeCacheFailure = (path: string, byteCount: number, error: unknown): string =>
  `${Math.ceil(byteCount / 2 ** 20)} MiB of decoded images cannot be kept at ${path} (${describeSystemError(error)}), so they are decoded again in every ` +
  'epoch, which takes longer. Make room, raise --cache-disk or --cache-memory, or set FINETUNE_CACHE to another folder.';
