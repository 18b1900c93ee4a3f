import {AbortedError} from '../../core/errors.js';
import {DisjointSet} from './disjoint-set.js';
import {buildHashTables} from './hash-index.js';
import type {FingerprintSet} from './hash-search.js';
import {openSearchers, type Searcher} from './search-threads.js';
import {copyToSharedMemory} from '../cache/shared-memory.js';
import {FINGERPRINT_SIDE} from './fingerprint.js';

/** An image of one color, or nearly, is like every other: its luminances differ by less than this from their mean, of 255. */
const MIN_CONTRAST = 4;

/**
 * Fingerprints that are searched before those found are joined, so that none compares candidates of its own group again; those a thread takes
 * at a time. What is found hangs on the blocks, not on the threads.
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
  /** @param done fingerprints that were searched */
  readonly onProgress?: (done: number, total: number) => void;
  /** Default: as many as there are cores. */
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

/** Searches the fingerprints of a block, on all threads. */
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
 * Groups of near-duplicates: at another size, in another format or quality, brighter or darker, without colors,
 * mirrored, with a narrow border, or cut by up to a quarter of each side; one in three where something opaque was laid over a corner. Images
 * of one color are in none. Copies of copies are in one group. The same on however many threads.
 *
 * @param allFingerprints fingerprints; the groups are of indices into them
 * @returns groups of two and more, each sorted, by their first
 * @throws AbortedError
 */
export async function findNearDuplicates(
  allFingerprints: readonly Uint8Array[],
  {signal, onProgress, threads}: DuplicateSearchOptions = {},
): Promise<number[][]> {
  const pause = async (): Promise<void> => {
    await nextTurn();
    if (signal?.aborted) throw new AbortedError();
  };
  const groups = new DisjointSet(allFingerprints.length);
  const set = await createFingerprintSet(allFingerprints, pause);
  const searchers = openSearchers(set, threads);
  let done = 0;
  const onRange = (length: number): void => {
    onProgress?.((done += length), allFingerprints.length);
    if (signal?.aborted) throw new AbortedError();
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
