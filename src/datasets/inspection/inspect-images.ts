import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {toSystemPath} from '../../core/files/file-names.js';
import {mapConcurrently} from '../../core/async.js';
import {sha256} from '../../core/files/sha256.js';
import {IMAGES_PER_THREAD, type ProcessingOptions} from '../cache/unique-images.js';
import {decodeForInspection} from '../images/decode.js';
import {everySample} from '../discovery/image-folder.js';
import type {ImageFolder, Sample} from '../sample.js';
import {computeImageStats, type InspectedFile} from './image-stats.js';
import {InspectionCache} from './inspection-cache.js';
import {defaultWorkers} from '../../core/environment-variables.js';
import {readBytes} from '../images/read-bytes.js';
import {describeDecodeError} from '../images/image-error.js';

async function inspectBytes(bytes: Uint8Array): Promise<Omit<InspectedFile, 'hash'>> {
  try {
    const {header, image} = await decodeForInspection(bytes);
    const {isSimpleJpeg: _, isStreamed: __, ...result} = header;
    return {image: {...result, ...computeImageStats(image)}};
  } catch (error) {
    return {error: describeDecodeError(error)};
  }
}

/** Inspects files; exact duplicates only once. */
class FileInspector {
  readonly #byHash = new Map<string, Promise<Omit<InspectedFile, 'hash'>>>();

  constructor(readonly cache: InspectionCache | undefined) {}

  async inspect(path: string): Promise<InspectedFile> {
    const stats = await stat(toSystemPath(path));
    const cached = this.cache?.find(path, stats);
    if (cached !== undefined) return cached;
    const bytes = await readBytes(path);
    const hash = sha256(bytes);
    let result = this.#byHash.get(hash);
    if (result === undefined) this.#byHash.set(hash, (result = inspectBytes(bytes)));
    const inspected = {hash, ...(await result)};
    this.cache?.set(path, stats, inspected);
    return inspected;
  }
}

/** Inspection results by file name. */
export type InspectionResults = ReadonlyMap<string, InspectedFile>;

/**
 * Reads and decodes every file without keeping pixels. A file that is in the cache with the same size and modification time is not opened.
 *
 * @throws AbortedError
 */
export async function inspectImages(
  samples: readonly Sample[],
  {workers = defaultWorkers(), signal, onProgress}: ProcessingOptions,
  cache?: InspectionCache,
): Promise<InspectionResults> {
  const inspector = new FileInspector(cache);
  let done = 0;
  const inspect = async ({path, name}: Sample): Promise<[string, InspectedFile]> => {
    const file = await inspector
      .inspect(path)
      .catch((error: unknown) => ({error: describeDecodeError(error)}));
    onProgress?.(++done, samples.length, 'decoding');
    return [name, file];
  };
  return new Map(await mapConcurrently(samples, IMAGES_PER_THREAD * workers, inspect, signal));
}

/**
 * Inspects every image of a folder; only changed files if `cache` holds the results of the last inspection.
 *
 * @param cache directory for results. Default: no cache
 * @throws AbortedError
 */
export async function inspectFolder(
  folder: ImageFolder,
  {cache, ...processing}: ProcessingOptions & {readonly cache?: string},
): Promise<InspectionResults> {
  const inspectionCache =
    cache === undefined
      ? undefined
      : await InspectionCache.open(folder.root, join(cache, 'inspections'));
  try {
    return await inspectImages(everySample(folder), processing, inspectionCache);
  } finally {
    await inspectionCache?.save(); // also after an aborted check
  }
}
