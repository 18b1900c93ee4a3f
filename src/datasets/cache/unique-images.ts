import type {Preprocessing} from '../../core/preprocessing.js';
import {mapConcurrently} from '../../core/async.js';
import {sha256} from '../../core/files/sha256.js';
import {decodeBytes, readDecodedSize} from '../images/decode.js';
import type {Sample} from '../sample.js';
import {defaultWorkers} from '../../core/environment-variables.js';
import {readBytes} from '../images/read-bytes.js';
import {describeDecodeError, ImageError} from '../images/image-error.js';
import type {DecodedImage, ImageSize} from '../images/resample.js';

/** An image file, or several files with the same bytes. */
export interface UniqueImage extends ImageSize {
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** Path of one of the files. */
  readonly path: string;
  /** Offset of the decoded pixels, `[height, width, 3]`, in bytes, when the pixels of all unique images are stored one after the other. */
  readonly offset: number;
}

/** Reasons why images are unreadable: by name if the file cannot be read, by hash if its pixels cannot be decoded. */
export type DecodeErrors = ReadonlyMap<string, string>;

/** Threads, progress and cancellation of processing many images. */
export interface ProcessingOptions {
  /** Number of threads that read and decode images. Default: the size of Node's thread pool. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /**
   * Called with progress. A cache reads every image first, then decodes those that it does not hold; each stage counts from 0 to `total`.
   */
  readonly onProgress?: (
    done: number,
    total: number,
    stage: 'reading' | 'decoding' | 'comparing',
  ) => void;
}

/** Images in flight per thread. While one image is between two steps, its thread works on another. */
export const IMAGES_PER_THREAD = 2;

/** A cache key for images and everything else that determines their pixels. */
export const computeCacheKey = (
  uniqueImages: readonly UniqueImage[],
  ...keyParts: readonly (string | number)[]
): string => sha256(Buffer.from(JSON.stringify([...keyParts, uniqueImages.map(({hash}) => hash)])));

/** Hash and header of a file. */
type FileInfo = Omit<UniqueImage, 'offset'>;

async function readFileInfo(path: string, preprocessing: Preprocessing): Promise<FileInfo> {
  const bytes = await readBytes(path);
  return {path, hash: sha256(bytes), ...(await readDecodedSize(bytes, preprocessing))};
}

/** Reads every file and its header. @throws AbortedError */
export async function readUniqueImages(
  samples: readonly Sample[],
  preprocessing: Preprocessing,
  {workers = defaultWorkers(), signal, onProgress}: ProcessingOptions,
): Promise<{
  uniqueImages: readonly UniqueImage[];
  bySample: ReadonlyMap<string, UniqueImage>;
  errors: DecodeErrors;
}> {
  const errors = new Map<string, string>();
  let done = 0;
  const info = async ({path, name}: Sample): Promise<FileInfo | undefined> => {
    const found = await readFileInfo(path, preprocessing).catch(
      error => void errors.set(name, describeDecodeError(error)),
    );
    onProgress?.(++done, samples.length, 'reading');
    return found ?? undefined;
  };
  const infos = await mapConcurrently(samples, IMAGES_PER_THREAD * workers, info, signal);
  const byHash = assignOffsets(infos.filter(found => found !== undefined));
  const bySample = new Map(
    samples.flatMap(({name}, index) =>
      infos[index] === undefined ? [] : [[name, byHash.get(infos[index].hash)!]],
    ),
  );
  return {uniqueImages: [...byHash.values()], bySample, errors};
}

/** Groups files with the same bytes and assigns offsets in the order of the hashes, independent of the order of the samples. */
function assignOffsets(infos: readonly FileInfo[]): Map<string, UniqueImage> {
  const distinct = new Map(infos.toReversed().map(info => [info.hash, info]));
  const uniqueImages = new Map<string, UniqueImage>();
  let offset = 0;
  for (const hash of [...distinct.keys()].sort()) {
    const info = distinct.get(hash)!;
    uniqueImages.set(hash, {...info, offset});
    offset += info.width * info.height * 3;
  }
  return uniqueImages;
}

async function readUnchanged({path, hash}: UniqueImage): Promise<Uint8Array> {
  const bytes = await readBytes(path);
  if (sha256(bytes) !== hash) throw new ImageError('it changed while it was read');
  return bytes;
}

/** Decodes a unique image. @throws ImageError if the file has changed; errors of `decodeBytes` */
export const decodeUniqueImage = async (
  uniqueImage: UniqueImage,
  preprocessing: Preprocessing,
): Promise<DecodedImage> => decodeBytes(await readUnchanged(uniqueImage), preprocessing);

/** Decode errors of unique images, by hash. */
export interface DecodeResult {
  readonly errors: DecodeErrors;
  /** Whether all errors are caused by the bytes themselves. A missing or changed file may be back in the next run. */
  readonly arePermanent: boolean;
}

/** Decodes unique images concurrently and passes each to `store`. @throws AbortedError; errors of `store` */
export async function decodeUniqueImages(
  uniqueImages: readonly UniqueImage[],
  preprocessing: Preprocessing,
  {workers = defaultWorkers(), signal, onProgress}: ProcessingOptions,
  store: (uniqueImage: UniqueImage, image: DecodedImage) => Promise<void>,
): Promise<DecodeResult> {
  const errors = new Map<string, string>();
  let [done, arePermanent] = [0, true];
  const decodeOne = async (uniqueImage: UniqueImage): Promise<DecodedImage> => {
    const bytes = await readUnchanged(uniqueImage).catch(error => {
      arePermanent = false;
      throw error;
    });
    return decodeBytes(bytes, preprocessing);
  };
  const processOne = async (uniqueImage: UniqueImage): Promise<void> => {
    const image = await decodeOne(uniqueImage).catch(describeDecodeError);
    if (typeof image === 'string') errors.set(uniqueImage.hash, image);
    else await store(uniqueImage, image);
    onProgress?.(++done, uniqueImages.length, 'decoding');
  };
  await mapConcurrently(uniqueImages, IMAGES_PER_THREAD * workers, processOne, signal);
  return {errors, arePermanent};
}
