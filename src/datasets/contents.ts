import {createHash} from 'node:crypto';
import type {Preprocessing} from '../core/preprocessing.js';
import {concurrently} from './concurrently.js';
import {decodeBytes, decodedSize} from './decode.js';
import type {Sample} from './image-folder.js';
import {poolThreads} from './pool-threads.js';
import {readBytes} from './read-bytes.js';
import {ImageFault, decodingFault} from './readability.js';
import type {DecodedImage, ImageSize} from './resample.js';

/** The bytes of one image file, or of several identical ones. */
export interface Content extends ImageSize {
  /** sha256 in hex. */
  readonly hash: string;
  /** Of one of the files. */
  readonly path: string;
  /** Place of the decoded pixels, `[height, width, 3]`, when those of all contents lie one behind the other. */
  readonly offset: number;
}

/** Why images cannot be read: by name where the file tells nothing, by hash where its pixels cannot be decoded. */
export type Faults = ReadonlyMap<string, string>;

/** How work on many images is done and watched. */
export interface Work {
  /** Threads that images are read and decoded on; as many as Node has for them unless told. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** A cache reads every image first, then decodes those that it does not hold; each stage counts from 0 to `total`. */
  readonly onProgress?: (done: number, total: number, stage: 'reading' | 'decoding' | 'comparing') => void;
}

/** Images in the air for each thread: while one goes from step to step, its thread has another to work on. */
export const IMAGES_A_THREAD = 2;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A key for contents and whatever else decides about their pixels. */
export const keyOf = (contents: readonly Content[], ...others: readonly (string | number)[]): string =>
  sha256(Buffer.from(JSON.stringify([...others, contents.map(({hash}) => hash)])));

/** What the bytes and the header of a file tell. */
type Look = Omit<Content, 'offset'>;

async function lookAt(path: string, preprocessing: Preprocessing): Promise<Look> {
  const bytes = await readBytes(path);
  return {path, hash: sha256(bytes), ...(await decodedSize(bytes, preprocessing))};
}

/** Reads every file and its header. @throws AbortedError */
export async function readContents(
  samples: readonly Sample[],
  preprocessing: Preprocessing,
  {workers = poolThreads(), signal, onProgress}: Work,
): Promise<{contents: readonly Content[]; bySample: ReadonlyMap<string, Content>; faults: Faults}> {
  const faults = new Map<string, string>();
  let done = 0;
  const look = async ({path, name}: Sample): Promise<Look | undefined> => {
    const found = await lookAt(path, preprocessing).catch(error => void faults.set(name, decodingFault(error)));
    onProgress?.(++done, samples.length, 'reading');
    return found ?? undefined;
  };
  const looks = await concurrently(samples, IMAGES_A_THREAD * workers, look, signal);
  const byHash = layOut(looks.filter(found => found !== undefined));
  const bySample = new Map(
    samples.flatMap(({name}, index) => (looks[index] === undefined ? [] : [[name, byHash.get(looks[index].hash)!]])),
  );
  return {contents: [...byHash.values()], bySample, faults};
}

/** One content for all files with the same bytes, in the order of the hashes: the order of the samples moves nothing. */
function layOut(looks: readonly Look[]): Map<string, Content> {
  const distinct = new Map(looks.toReversed().map(look => [look.hash, look]));
  const contents = new Map<string, Content>();
  let offset = 0;
  for (const hash of [...distinct.keys()].sort()) {
    const look = distinct.get(hash)!;
    contents.set(hash, {...look, offset});
    offset += look.width * look.height * 3;
  }
  return contents;
}

async function readAgain({path, hash}: Content): Promise<Uint8Array> {
  const bytes = await readBytes(path);
  if (sha256(bytes) !== hash) throw new ImageFault('it changed while it was read');
  return bytes;
}

/** The pixels of a content. @throws ImageFault where it is another file by now, and as `decodeBytes` */
export const decodeContent = async (content: Content, preprocessing: Preprocessing): Promise<DecodedImage> =>
  decodeBytes(await readAgain(content), preprocessing);

/** By hash: why contents could not be decoded. */
export interface DecodingFaults {
  readonly faults: Faults;
  /** Whether all of them lie in the bytes. A file that was gone or another may be back for the next run. */
  readonly areLasting: boolean;
}

/** Decodes contents, several at a time, and hands each to `keep`. @throws AbortedError; whatever `keep` throws */
export async function decodeContents(
  contents: readonly Content[],
  preprocessing: Preprocessing,
  {workers = poolThreads(), signal, onProgress}: Work,
  keep: (content: Content, image: DecodedImage) => Promise<void>,
): Promise<DecodingFaults> {
  const faults = new Map<string, string>();
  let [done, areLasting] = [0, true];
  const decoded = async (content: Content): Promise<DecodedImage> => {
    const bytes = await readAgain(content).catch(error => {
      areLasting = false;
      throw error;
    });
    return decodeBytes(bytes, preprocessing);
  };
  const work = async (content: Content): Promise<void> => {
    const image = await decoded(content).catch(decodingFault);
    if (typeof image === 'string') faults.set(content.hash, image);
    else await keep(content, image);
    onProgress?.(++done, contents.length, 'decoding');
  };
  await concurrently(contents, IMAGES_A_THREAD * workers, work, signal);
  return {faults, areLasting};
}
