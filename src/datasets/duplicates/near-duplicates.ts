import {throwIfAborted} from '../../core/errors.js';
import {DisjointSet} from './disjoint-set.js';
import {buildHashTables} from './hash-index.js';
import type {FingerprintSet} from './hash-search.js';
import {openSearchers, type Searcher} from './search-threads.js';
import {copyToSharedMemory} from '../cache/shared-memory.js';
import {FINGERPRINT_SIDE} from './fingerprint.js';

/**
 * Minimum mean deviation of the luminances from their mean, of 255. Images with less contrast are nearly of one color and similar to all
 * others.
 */
const MIN_CONTRAST = 4;

/**
 * Number of fingerprints per block, and per range of a thread. Groups are joined after each block, so that later blocks do not compare
 * fingerprints of the same group again. The result depends on the blocks, not on the threads.
 */
const [BLOCK_SIZE, RANGE_SIZE] = [4096, 64];

function hasContrast(fingerprint: Uint8Array): boolean {
  let [sum, deviation] = [0, 0];
  for (const value of fingerprint) sum += value;
  const mean = sum / fingerprint.length;
  for (const value of fingerprint) deviation += Math.abs(value - mean);
  return deviation / fingerprint.length >= MIN_CONTRAST;
}

export interface DuplicateSearchOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of fingerprints searched, and the total. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Number of threads. Default: as many as decode images, at most one per core. */
  readonly threads?: number;
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function createFingerprintSet(
  allFingerprints: readonly Uint8Array[],
  pause: () => Promise<void>,
): Promise<FingerprintSet> {
  const searched = copyToSharedMemory(
    Uint8Array.from(allFingerprints, fingerprint => Number(hasContrast(fingerprint))),
  );
  const fingerprints = new Uint8Array(
    new SharedArrayBuffer(allFingerprints.length * FINGERPRINT_SIDE * FINGERPRINT_SIDE),
  );
  allFingerprints.forEach((fingerprint, i) =>
    fingerprints.set(fingerprint, i * fingerprint.length),
  );
  const tables = await buildHashTables(
    allFingerprints.map((fingerprint, i) => (searched[i] === 1 ? fingerprint : undefined)),
    pause,
  );
  const groups = new Int32Array(new SharedArrayBuffer(4 * allFingerprints.length));
  return {fingerprints, tables, groups, searched};
}

/** Searches the fingerprints of a block on all threads. */
async function searchBlock(
  from: number,
  end: number,
  searchers: readonly Searcher[],
  onRange: (length: number) => void,
): Promise<Int32Array[]> {
  const found: Int32Array[] = [];
  let next = from;
  const runSearcher = async (searcher: Searcher): Promise<void> => {
    while (next < end) {
      const range = [next, (next = Math.min(end, next + RANGE_SIZE))] as const;
      found.push(await searcher.pairs(range));
      onRange(range[1] - range[0]);
    }
  };
  await Promise.all(searchers.map(runSearcher));
  return found;
}

/**
 * Finds groups of near-duplicates: resized, recompressed, in another format, brighter or darker, without colors, mirrored, or with a narrow
 * border. Crops of up to a quarter of each side are found as well. With an opaque overlay on a corner, one in three is found. Images of one
 * color are never in a group. Copies of copies are in the same group. The result does not depend on the number of threads.
 *
 * @param allFingerprints fingerprints; groups contain indices into them
 * @returns groups of two or more, each sorted, in the order of their first items
 * @throws AbortedError
 */
export async function findNearDuplicates(
  allFingerprints: readonly Uint8Array[],
  {signal, onProgress, threads}: DuplicateSearchOptions = {},
): Promise<number[][]> {
  const pause = async (): Promise<void> => {
    await nextTurn();
    throwIfAborted(signal);
  };
  const groups = new DisjointSet(allFingerprints.length);
  const set = await createFingerprintSet(allFingerprints, pause);
  const searchers = openSearchers(set, threads);
  let done = 0;
  const onRange = (length: number): void => {
    onProgress?.((done += length), allFingerprints.length);
    throwIfAborted(signal);
  };
  try {
    for (let from = 0; from < allFingerprints.length; from += BLOCK_SIZE) {
      for (let i = 0; i < allFingerprints.length; i++) set.groups[i] = groups.find(i);
      const pairs = await searchBlock(
        from,
        Math.min(allFingerprints.length, from + BLOCK_SIZE),
        searchers,
        onRange,
      );
      for (const found of pairs)
        for (let i = 0; i < found.length; i += 2) groups.union(found[i]!, found[i + 1]!);
    }
  } finally {
    await Promise.all(searchers.map(searcher => searcher.close()));
  }
  return groups.components().filter(({length}) => length > 1);
}
