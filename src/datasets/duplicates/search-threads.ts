import {Worker} from 'node:worker_threads';
import {usableCores, threadPoolSize} from '../../core/system-resources.js';
import {DuplicateSearch, type FingerprintSet} from './hash-search.js';
import type {FingerprintRange} from './search-thread.js';

/** Searches ranges of fingerprints, one after the other. */
export interface Searcher {
  /** Pairs of near-duplicates, as from `DuplicateSearch.pairs`. */
  pairs(range: FingerprintRange): Promise<Int32Array>;
  close(): Promise<void>;
}

/** Minimum number of images for threads. Fewer are searched before a thread has started. */
const MIN_IMAGES_FOR_THREADS = 1000;

/** A searcher on the caller's thread, which yields to the event loop between ranges. */
function createLocalSearcher(set: FingerprintSet): Searcher {
  const search = new DuplicateSearch(set);
  return {
    async pairs([from, end]) {
      await new Promise(resolve => setImmediate(resolve));
      return search.pairs(from, end);
    },
    close: async () => undefined,
  };
}

function createThreadSearcher(set: FingerprintSet): Searcher {
  // Process flags are not inherited: --input-type is an error in a thread.
  const worker = new Worker(new URL('./search-thread.js', import.meta.url), {
    execArgv: [],
    workerData: set,
  });
  return {
    pairs: range =>
      new Promise((resolve, reject) => {
        const removeListeners = (): void =>
          void worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        const onMessage = (pairs: Int32Array): void => (removeListeners(), resolve(pairs));
        const onError = (error: unknown): void => (removeListeners(), reject(error));
        const onExit = (): void => (
          removeListeners(),
          reject(new Error('A thread that searched for near-duplicates ended.'))
        );
        worker.on('message', onMessage).on('error', onError).on('exit', onExit);
        worker.postMessage(range);
      }),
    close: async () => void (await worker.terminate()),
  };
}

/** Opens one searcher per decoding thread, at most one per core. Each runs on its own thread if there is enough work. */
export function openSearchers(
  set: FingerprintSet,
  threads = Math.min(threadPoolSize(), usableCores()),
): Searcher[] {
  if (threads < 2 || set.searched.length < MIN_IMAGES_FOR_THREADS)
    return [createLocalSearcher(set)];
  return Array.from({length: threads}, () => createThreadSearcher(set));
}
