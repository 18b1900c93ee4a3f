import type {FileLook} from './inspected-file.js';
import {createHash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {toSystemPath} from '../../core/files/file-names.js';
import {mapConcurrently} from '../../core/async/map-concurrently.js';
import {IMAGES_PER_THREAD, type ProcessingOptions} from '../cache/unique-images.js';
import {decodeForInspection} from '../images/decode.js';

import type {Sample} from '../sample.js';
import {lookAt} from './image-stats.js';
import type {LookStore} from './inspection-cache.js';
import {threadPoolSize} from '../augmentation/thread-pool-size.js';
import {readBytes} from '../images/read-bytes.js';
import {describeDecodeError} from '../discovery/broken-images.js';

async function pictureIn(bytes: Uint8Array): Promise<Omit<FileLook, 'hash'>> {
  try {
    const {header, image} = await decodeForInspection(bytes);
    const {isSimpleJpeg: _, isStreamed: __, ...told} = header;
    return {picture: {...told, ...lookAt(image)}};
  } catch (error) {
    return {fault: describeDecodeError(error)};
  }
}

/** Looks at files, at identical ones once. */
class Looks {
  readonly #byHash = new Map<string, Promise<Omit<FileLook, 'hash'>>>();

  constructor(readonly store: LookStore | undefined) {}

  async at(path: string): Promise<FileLook> {
    const state = await stat(toSystemPath(path));
    const known = this.store?.find(path, state);
    if (known !== undefined) return known;
    const bytes = await readBytes(path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    let told = this.#byHash.get(hash);
    if (told === undefined) this.#byHash.set(hash, (told = pictureIn(bytes)));
    const look = {hash, ...(await told)};
    this.store?.keep(path, state, look);
    return look;
  }
}

/**
 * Reads and decodes every file, and keeps nothing but what it saw. A file that a store knows with the same size and time is not opened.
 *
 * @returns by name
 * @throws AbortedError
 */
export async function lookAtFiles(
  samples: readonly Sample[],
  {workers = threadPoolSize(), signal, onProgress}: ProcessingOptions,
  store?: LookStore,
): Promise<ReadonlyMap<string, FileLook>> {
  const looks = new Looks(store);
  let done = 0;
  const look = async ({path, name}: Sample): Promise<[string, FileLook]> => {
    const found = await looks
      .at(path)
      .catch((error: unknown) => ({fault: describeDecodeError(error)}));
    onProgress?.(++done, samples.length, 'decoding');
    return [name, found];
  };
  return new Map(await mapConcurrently(samples, IMAGES_PER_THREAD * workers, look, signal));
}
