import {Worker} from 'node:worker_threads';
import {usableCores} from '../../core/system-resources.js';
import {threadPoolSize} from '../augmentation/thread-pool-size.js';
import {DuplicateSearch, type FingerprintSet} from './hash-search.js';
import type {FingerprintRange} from './search-thread.js';

/** Looks for ranges of prints, one range after another. */
export interface Searcher {
  /** As `PrintSearch.pairs`. */
  pairs(range: FingerprintRange): Promise<Int32Array>;
  close(): Promise<void>;
}

/** Fewer prints are looked for before a thread has started. */
const MIN_IMAGES_FOR_THREADS = 1000;

/** On the thread that asks, with turns for whatever else waits. */
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
  // Without the process's own flags, of which --input-type is an error for a thread.
  const worker = new Worker(new URL('search-thread.js', import.meta.url), {
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
          reject(new Error('A thread that looked for near-duplicates ended.'))
        );
        worker.on('message', onMessage).on('error', onError).on('exit', onExit);
        worker.postMessage(range);
      }),
    close: async () => void (await worker.terminate()),
  };
}

/** As many searchers as images are decoded on, but no more than there are cores; each on a thread of its own where there is work for it. */
export function openSearchers(
  set: FingerprintSet,
  threads = Math.min(threadPoolSize(), usableCores()),
): Searcher[] {
  if (threads < 2 || set.searched.length < MIN_IMAGES_FOR_THREADS)
    return [createLocalSearcher(set)];
  return Array.from({length: threads}, () => createThreadSearcher(set));
}
