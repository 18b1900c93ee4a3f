import {AbortedError} from '../../core/errors.js';
import {Groups} from './disjoint-set.js';
import {indexPrints} from './hash-index.js';
import type {PrintSet} from './hash-search.js';
import {openSearchers, type Searcher} from './search-threads.js';
import {copyToSharedMemory} from '../cache/shared-memory.js';
import {SIDE} from './fingerprint.js';

/** An image of one color, or nearly, is like every other: its luminances differ by less than this from their mean, of 255. */
const LEAST_CONTRAST = 4;

/**
 * Prints that are looked for before those found are joined, so that no print looks at candidates of its own group again; those a thread takes
 * at a time. What is found hangs on the blocks, not on the threads.
 */
const [BLOCK, RANGE] = [4096, 64];

function hasContrast(print: Uint8Array): boolean {
  let [sum, deviation] = [0, 0];
  for (const value of print) sum += value;
  const mean = sum / print.length;
  for (const value of print) deviation += Math.abs(value - mean);
  return deviation / print.length >= LEAST_CONTRAST;
}

export interface Looking {
  readonly signal?: AbortSignal;
  /** @param done prints that were looked for */
  readonly onProgress?: (done: number, total: number) => void;
  /** As many as there are cores unless told. */
  readonly threads?: number;
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function setOf(all: readonly Uint8Array[], pause: () => Promise<void>): Promise<PrintSet> {
  const wanted = copyToSharedMemory(Uint8Array.from(all, print => Number(hasContrast(print))));
  const prints = new Uint8Array(new SharedArrayBuffer(all.length * SIDE * SIDE));
  all.forEach((print, i) => prints.set(print, i * print.length));
  const tables = await indexPrints(
    all.map((print, i) => (wanted[i] === 1 ? print : undefined)),
    pause,
  );
  const groups = new Int32Array(new SharedArrayBuffer(4 * all.length));
  return {prints, tables, groups, wanted};
}

/** Looks for the prints of a block, on all threads. */
async function searchBlock(
  from: number,
  end: number,
  searchers: readonly Searcher[],
  onRange: (length: number) => void,
): Promise<Int32Array[]> {
  const found: Int32Array[] = [];
  let next = from;
  const work = async (searcher: Searcher): Promise<void> => {
    while (next < end) {
      const range = [next, (next = Math.min(end, next + RANGE))] as const;
      found.push(await searcher.pairs(range));
      onRange(range[1] - range[0]);
    }
  };
  await Promise.all(searchers.map(work));
  return found;
}

/**
 * Groups of images that show the same photograph: at another size, in another format or quality, brighter or darker, without colors,
 * mirrored, with a narrow border, or cut by up to a quarter of each side; one in three where something opaque was laid over a corner. Images
 * of one color are in none. Copies of copies are in one group. The same on however many threads.
 *
 * @param all fingerprints; the groups are of indices into them
 * @returns groups of two and more, each sorted, by their first
 * @throws AbortedError
 */
export async function nearCopies(
  all: readonly Uint8Array[],
  {signal, onProgress, threads}: Looking = {},
): Promise<number[][]> {
  const pause = async (): Promise<void> => {
    await nextTurn();
    if (signal?.aborted) throw new AbortedError();
  };
  const groups = new Groups(all.length);
  const set = await setOf(all, pause);
  const searchers = openSearchers(set, threads);
  let done = 0;
  const onRange = (length: number): void => {
    onProgress?.((done += length), all.length);
    if (signal?.aborted) throw new AbortedError();
  };
  try {
    for (let from = 0; from < all.length; from += BLOCK) {
      for (let i = 0; i < all.length; i++) set.groups[i] = groups.of(i);
      const pairs = await searchBlock(from, Math.min(all.length, from + BLOCK), searchers, onRange);
      for (const found of pairs)
        for (let i = 0; i < found.length; i += 2) groups.join(found[i]!, found[i + 1]!);
    }
  } finally {
    await Promise.all(searchers.map(searcher => searcher.close()));
  }
  return groups.list().filter(({length}) => length > 1);
}
