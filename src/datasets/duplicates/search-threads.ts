import {Worker} from 'node:worker_threads';
import {usableCores} from '../../core/system-resources.js';
import {poolThreads} from '../augmentation/thread-pool-size.js';
import {PrintSearch, type PrintSet} from './hash-search.js';
import type {PrintRange} from './search-thread.js';

/** Looks for ranges of prints, one range after another. */
export interface Searcher {
  /** As `PrintSearch.pairs`. */
  pairs(range: PrintRange): Promise<Int32Array>;
  close(): Promise<void>;
}

/** Fewer prints are looked for before a thread has started. */
const WORTH_A_THREAD = 1000;

/** On the thread that asks, with turns for whatever else waits. */
function ownSearcher(set: PrintSet): Searcher {
  const search = new PrintSearch(set);
  return {
    async pairs([from, end]) {
      await new Promise(resolve => setImmediate(resolve));
      return search.pairs(from, end);
    },
    close: async () => undefined,
  };
}

function threadSearcher(set: PrintSet): Searcher {
  // Without the process's own flags, of which --input-type is an error for a thread.
  const worker = new Worker(new URL('search-thread.js', import.meta.url), {
    execArgv: [],
    workerData: set,
  });
  return {
    pairs: range =>
      new Promise((resolve, reject) => {
        const settle = (): void =>
          void worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        const onMessage = (pairs: Int32Array): void => (settle(), resolve(pairs));
        const onError = (error: unknown): void => (settle(), reject(error));
        const onExit = (): void => (
          settle(),
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
  set: PrintSet,
  threads = Math.min(poolThreads(), usableCores()),
): Searcher[] {
  if (threads < 2 || set.wanted.length < WORTH_A_THREAD) return [ownSearcher(set)];
  return Array.from({length: threads}, () => threadSearcher(set));
}
