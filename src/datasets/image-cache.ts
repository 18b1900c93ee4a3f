import {join} from 'node:path';
import type {Finding} from '../core/finding.js';
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
 * @throws BrokenClassError, EmptyClassError, CacheFolderError, AbortedError
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

/** Counted up when `decodeBytes` comes to give other pixels. */
const DECODER_VERSION = 2;

function openStore(contents: readonly Content[], preprocessing: Preprocessing, options: ImageCacheOptions): Promise<PixelStore> {
  const last = contents.at(-1);
  const byteCount = last === undefined ? 0 : last.offset + last.width * last.height * 3;
  const decodeAll = (keep: (content: Content, image: DecodedImage) => Promise<void>) =>
    decodeContents(contents, preprocessing, options, keep);
  if (byteCount <= options.budgetBytes) return decodeIntoMemory(decodeAll);
  const {resizeSize, interpolation, fit, cropSize} = preprocessing;
  const square = fit === undefined ? [] : [fit, cropSize, ...fillColour(preprocessing)];
  const key = keyOf(contents, DECODER_VERSION, resizeSize, interpolation, ...square);
  const path = join(options.directory, `pixels-${key.slice(0, 32)}.bin`);
  return decodeIntoFile(path, byteCount, decodeAll, content => decodeContent(content, preprocessing));
}
