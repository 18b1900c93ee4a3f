import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import type {AugmentTask} from './augment-thread.js';
import {poolThreads} from './pool-threads.js';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Does one task after another; keeps the process alive only while it has some. */
class AugmentThread {
  // Without the process's own flags, of which --input-type is an error for a thread.
  readonly #worker = new Worker(new URL('augment-thread.js', import.meta.url), {execArgv: []});
  readonly #waiting: Waiting[] = [];

  constructor(onEnd: () => void) {
    this.#worker.unref();
    this.#worker.on('message', () => {
      this.#waiting.shift()!.resolve();
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on('error', error => {
      onEnd();
      for (const {reject} of this.#waiting) reject(error);
    });
  }

  run(task: AugmentTask): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({resolve, reject});
      this.#worker.ref();
      this.#worker.postMessage(task);
    });
  }
}

/** Of the process, like Node's own: started when first needed, and ended with it. */
const threads: AugmentThread[] = [];

const threadCount = (): number => Math.min(poolThreads(), availableParallelism());

function threadAt(index: number): AugmentThread {
  return (threads[index] ??= new AugmentThread(() => delete threads[index]));
}

/**
 * Varies pictures on as many threads as decode pictures, but no more than there are cores. Pictures in shared memory are not copied.
 *
 * @param task its output in shared memory
 * @throws RangeError for an image that is smaller than the square in the middle, where that is taken
 */
export async function augmentAll(task: AugmentTask): Promise<void> {
  const {pictures, size, output} = task;
  const share = Math.ceil(pictures.length / threadCount());
  const area = size * size * 3;
  const parts = Array.from({length: Math.ceil(pictures.length / share)}, (_, part) => {
    const [first, end] = [part * share, Math.min((part + 1) * share, pictures.length)];
    return {...task, pictures: pictures.slice(first, end), output: output.subarray(first * area, end * area)};
  });
  await Promise.all(parts.map((part, index) => threadAt(index).run(part)));
}
