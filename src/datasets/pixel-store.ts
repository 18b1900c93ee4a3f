import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {FinetuneError} from '../core/errors.js';
import type {Content, DecodingFaults, Faults} from './contents.js';
import {decodingFault} from './readability.js';
import type {DecodedImage} from './resample.js';
import {openSealedFile, writeSealedFile} from './sealed-file.js';
import type {SealedFile} from './sealed-file.js';
import {sharedCopy} from './shared-memory.js';

/** Decoded images, in memory or in a file. */
export interface PixelStore {
  /** By hash: why a content could not be decoded. */
  readonly faults: Faults;
  /** Only for contents without a fault. */
  image(content: Content): DecodedImage | Promise<DecodedImage>;
  close(): Promise<void>;
}

/** Decodes contents, several at a time, and hands each to `keep`; why the others could not be decoded comes back, by hash. */
type DecodeAll = (keep: (content: Content, image: DecodedImage) => Promise<void>) => Promise<DecodingFaults>;

/** The pixels of an image were damaged after they were written, and the image itself is gone or another. */
export class PixelsLostError extends FinetuneError {
  override readonly name = 'PixelsLostError';
  override readonly code = 'PIXELS_LOST';

  constructor(
    readonly path: string,
    readonly imagePath: string,
    cause: unknown,
  ) {
    const reason = decodingFault(cause);
    super(`Expected the pixels of ${imagePath} in ${path}, but found others, and the image cannot be read again: ${reason}. Start again.`, {
      cause,
    });
  }
}

/** Decodes one content, and no more. */
type DecodeAgain = (content: Content) => Promise<DecodedImage>;

/**
 * Keeps pixels in memory, as many as may be there; the others are decoded whenever they are asked for.
 *
 * @param budgetBytes all of them unless told
 * @throws AbortedError
 */
export async function decodeIntoMemory(decodeAll: DecodeAll, decodeAgain: DecodeAgain, budgetBytes = Infinity): Promise<PixelStore> {
  const images = new Map<string, DecodedImage>();
  let held = 0;
  const {faults} = await decodeAll(async ({hash}, image) => {
    if (held + image.data.length > budgetBytes) return;
    held += image.data.length;
    images.set(hash, {...image, data: sharedCopy(image.data)});
  });
  return {
    faults,
    image: content => images.get(content.hash) ?? again(content, 'the cache', decodeAgain),
    close: async () => images.clear(),
  };
}

const again = (content: Content, path: string, decodeAgain: DecodeAgain): Promise<DecodedImage> =>
  decodeAgain(content).catch(cause => Promise.reject(new PixelsLostError(path, content.path, cause)));

/** What a pixel file tells of its images: the sums of the pixels and the faults, each by hash. */
interface AboutPixels {
  readonly sums: readonly (readonly [string, number])[];
  readonly faults: readonly (readonly [string, string])[];
  /** Of the faults; else the file serves the run that made it alone. */
  readonly areLasting: boolean;
}

/**
 * Keeps all pixels in a file.
 *
 * @param path of the file; when it is there and whole, nothing is decoded
 * @param decodeAgain for a content whose pixels were damaged since they were written
 * @throws AbortedError, and the system's error where the file cannot be written
 */
export async function decodeIntoFile(path: string, byteCount: number, decodeAll: DecodeAll, decodeAgain: DecodeAgain): Promise<PixelStore> {
  const file = (await openLasting(path, byteCount)) ?? (await makeFile(path, byteCount, decodeAll));
  return storeIn(file, path, decodeAgain);
}

async function openLasting(path: string, byteCount: number): Promise<SealedFile | undefined> {
  const file = await openSealedFile(path, byteCount);
  if (file === undefined || (file.about as AboutPixels).areLasting) return file;
  await file.close();
  return undefined;
}

async function makeFile(path: string, byteCount: number, decodeAll: DecodeAll): Promise<SealedFile> {
  await mkdir(dirname(path), {recursive: true});
  await writeSealedFile(path, byteCount, async (write): Promise<AboutPixels> => {
    const sums: [string, number][] = [];
    const {faults, areLasting} = await decodeAll(async ({hash, offset}, {data}) => {
      sums.push([hash, crc32(data)]);
      await write(data, offset);
    });
    return {sums, faults: [...faults], areLasting};
  });
  const file = await openSealedFile(path, byteCount);
  if (file === undefined) throw new Error('the file is not what was written');
  return file;
}

function storeIn(file: SealedFile, path: string, decodeAgain: DecodeAgain): PixelStore {
  const about = file.about as AboutPixels;
  const sums = new Map(about.sums);
  return {
    faults: new Map(about.faults),
    async image(content) {
      const {hash, offset, width, height} = content;
      const data = await file.read(offset, width * height * 3);
      if (data !== undefined && crc32(data) === sums.get(hash)) return {data, width, height};
      return again(content, path, decodeAgain);
    },
    close: () => file.close(),
  };
}
