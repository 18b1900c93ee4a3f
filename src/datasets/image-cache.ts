import {mkdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {CacheFiles} from '../core/cache-files.js';
import {AbortedError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {whyOf} from '../core/system-error.js';
import {fillColour, type Preprocessing} from '../core/preprocessing.js';
import {decodeContent, decodeContents, keyOf, readContents} from './contents.js';
import type {Content, Work} from './contents.js';
import type {Sample} from './image-folder.js';
import {decodeIntoFile, decodeIntoMemory} from './pixel-store.js';
import type {PixelStore} from './pixel-store.js';
import {assertClassesReadable, sortOut, unreadableFindings} from './readability.js';
import type {DecodedImage} from './resample.js';

export interface ImageCacheOptions extends Work {
  /** In the order of the labels; for the sentences of errors and findings. */
  readonly classNames: readonly string[];
  /** Decoded bytes to keep in memory; where the images need more, all of them go into a file under `directory`. */
  readonly budgetBytes: number;
  /** For files of decoded images, made when needed. Later runs with the same images find theirs here. */
  readonly directory: string;
  /** Bytes that files of decoded images may take; what the images need, and a quarter of what is free for those of other runs, unless told. */
  readonly limitBytes?: number;
  /** Told, in a sentence, that images cannot be kept in a file. They are decoded again and again then. */
  readonly onTrouble?: (message: string) => void;
}

/** Every image decoded once, as 8-bit pixels. */
export interface ImageCache {
  /** One for every image that cannot be read, in the order of the samples. */
  readonly findings: readonly Finding[];
  /** The samples that can be read, in the order given. */
  readonly samples: readonly Sample[];
  /** sha256 of the file's bytes, in hex. @throws RangeError for a sample that is not among `samples` */
  contentHash(sample: Sample): string;
  /** At once from memory, later from a file. @throws RangeError for a sample that is not among `samples` */
  image(sample: Sample): DecodedImage | Promise<DecodedImage>;
  close(): Promise<void>;
}

/**
 * Decodes every image once, identical files together, and keeps the pixels until `close`. Broken images become findings.
 *
 * @throws BrokenClassError, EmptyClassError, AbortedError
 */
export async function openImageCache(
  samples: readonly Sample[],
  preprocessing: Preprocessing,
  options: ImageCacheOptions,
): Promise<ImageCache> {
  const {contents, bySample, faults} = await readContents(samples, preprocessing, options);
  const store = await openStore(contents, preprocessing, options);
  const {readable, broken} = sortOut(samples, ({name}) => faults.get(name) ?? store.faults.get(bySample.get(name)!.hash));
  try {
    assertClassesReadable(readable, broken, options.classNames);
  } catch (error) {
    await store.close();
    throw error;
  }
  const known = new Set(readable.map(({name}) => name));
  const contentOf = ({name}: Sample): Content => {
    if (!known.has(name)) throw new RangeError(`Expected a readable image of the cache, but found ${name}.`);
    return bySample.get(name)!;
  };
  return {
    findings: unreadableFindings(readable, broken, options.classNames),
    samples: readable,
    contentHash: sample => contentOf(sample).hash,
    image: sample => store.image(contentOf(sample)),
    close: () => store.close(),
  };
}

/** Files of decoded images. @param limitBytes what the images of a run need, and a quarter of what is free, unless told */
export const pixelFiles = (directory: string, limitBytes?: number): CacheFiles =>
  new CacheFiles(directory, name => /^pixels-.*\.bin$/.test(name), limitBytes);

/** Counted up when `decodeBytes` comes to give other pixels. */
const DECODER_VERSION = 2;

async function openStore(contents: readonly Content[], preprocessing: Preprocessing, options: ImageCacheOptions): Promise<PixelStore> {
  const {budgetBytes, directory, limitBytes, onTrouble} = options;
  const last = contents.at(-1);
  const byteCount = last === undefined ? 0 : last.offset + last.width * last.height * 3;
  const decodeAll = (keep: (content: Content, image: DecodedImage) => Promise<void>) =>
    decodeContents(contents, preprocessing, options, keep);
  const decodeAgain = (content: Content): Promise<DecodedImage> => decodeContent(content, preprocessing);
  const inMemory = (): Promise<PixelStore> => decodeIntoMemory(decodeAll, decodeAgain, budgetBytes);
  if (byteCount <= budgetBytes) return inMemory();
  const {resizeSize, interpolation, fit, cropSize} = preprocessing;
  const square = fit === undefined ? [] : [fit, cropSize, ...fillColour(preprocessing)];
  const key = keyOf(contents, DECODER_VERSION, resizeSize, interpolation, ...square);
  const path = join(directory, `pixels-${key.slice(0, 32)}.bin`);
  const files = pixelFiles(directory, limitBytes);
  await files.use(path);
  try {
    await mkdir(directory, {recursive: true});
    if (!(await isThere(path)) && !(await files.makeRoom(byteCount, true))) throw new Error('there is no room for it');
    return await decodeIntoFile(path, byteCount, decodeAll, decodeAgain);
  } catch (error) {
    if (error instanceof AbortedError) throw error;
    onTrouble?.(noFile(path, byteCount, error));
    return inMemory();
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const noFile = (path: string, byteCount: number, error: unknown): string =>
  `${Math.ceil(byteCount / 2 ** 20)} MiB of decoded images cannot be kept at ${path} (${whyOf(error)}), so they are decoded again in every ` +
  'epoch, which takes longer. Make room, raise --cache-disk or --cache-memory, or set FINETUNE_CACHE to another folder.';
