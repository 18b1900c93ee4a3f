import {throwIfAborted} from './errors.js';

/**
 * What `work` gives for every item, in the order of the items, with at most `limit` of them in the air.
 *
 * @throws AbortedError once `signal` is aborted; otherwise whatever `work` threw first. Nothing new is begun after either.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  mapper: (item: Item, index: number) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      throwIfAborted(signal);
      const index = next++;
      results[index] = await mapper(items[index]!, index);
    }
  };
  const runWorker = async (): Promise<void> => {
    try {
      await worker();
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const workers = Array.from({length: Math.min(limit, items.length)}, runWorker);
  const [first] = (await Promise.allSettled(workers)).filter(
    outcome => outcome.status === 'rejected',
  );
  if (first !== undefined) throw first.reason;
  return results;
}

/** The end of the work that was begun last. */
let last: Promise<unknown> = Promise.resolve();

/** Begins work when all that was begun in turn before is done, well or not. */
export function runExclusive<Result>(task: () => Promise<Result>): Promise<Result> {
  const result = last.then(task);
  last = result.catch(() => undefined);
  return result;
}

/** The backend computes in this thread: between batches, signals, decoders and whoever shows progress have their turn. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise(resolve => void setImmediate(resolve));
