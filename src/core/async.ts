import {throwIfAborted} from './errors.js';

/**
 * Maps items with at most `limit` calls of `mapper` in flight. Results keep the order of the items.
 * @throws AbortedError once `signal` is aborted, otherwise the first error of `mapper`. No call starts after either.
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

/** Settles when the most recently queued task has ended. */
let last: Promise<unknown> = Promise.resolve();

/** Runs a task after all earlier tasks have ended, whether they succeeded or failed. */
export function runExclusive<Result>(task: () => Promise<Result>): Promise<Result> {
  const result = last.then(task);
  last = result.catch(() => undefined);
  return result;
}

/** Yields to the event loop. The backend computes on this thread, so signals, decoders and progress output only run between batches. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise(resolve => void setImmediate(resolve));
