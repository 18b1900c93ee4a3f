import {Worker} from 'node:worker_threads';
import {usableCores} from '../../core/system-resources.js';
import type {AugmentTask, NamedPicture, Variation} from './augment-thread.js';
import {poolThreads} from './thread-pool-size.js';
import {BufferPool, isSharedMemory} from '../cache/shared-memory.js';

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
const arenas = new BufferPool();

const CORES = usableCores();

const threadCount = (): number => Math.min(poolThreads(), CORES);

function threadAt(index: number): AugmentThread {
  return (threads[index] ??= new AugmentThread(() => delete threads[index]));
}

/** Images whose pixels are not in shared memory are copied there; the others are left as they are. */
function share(pictures: readonly NamedPicture[]): {
  readonly shared: readonly NamedPicture[];
  readonly arena: Uint8Array;
} {
  const ofOwn = (image: NamedPicture['image']): number =>
    isSharedMemory(image.data) ? 0 : image.data.length;
  const arena = arenas.acquire(pictures.reduce((sum, {image}) => sum + ofOwn(image), 0));
  let end = 0;
  const shared = pictures.map(({name, image}) => {
    if (isSharedMemory(image.data)) return {name, image};
    const data = arena.subarray(end, (end += image.data.length));
    data.set(image.data);
    return {name, image: {...image, data}};
  });
  return {shared, arena};
}

/** Varied images in memory that is used again. */
export interface Varied {
  /** `[images, size, size, 3]` */
  readonly pixels: Uint8Array;
  /** To be called once, when the pixels are no longer needed. */
  giveBack(): void;
}

/**
 * Varies images on as many threads as decode images, but no more than there are cores.
 *
 * @throws RangeError for an image that is smaller than the square in the middle, where that is taken
 */
export async function augmentAll(
  pictures: readonly NamedPicture[],
  variation: Variation,
): Promise<Varied> {
  const area = variation.size ** 2 * 3;
  const output = arenas.acquire(pictures.length * area);
  const {shared, arena} = share(pictures);
  const each = Math.ceil(pictures.length / threadCount());
  const work = Array.from({length: Math.ceil(pictures.length / each)}, (_, index) => {
    const [first, end] = [index * each, (index + 1) * each];
    const part = {
      pictures: shared.slice(first, end),
      output: output.subarray(first * area, end * area),
    };
    return threadAt(index).run({...variation, ...part});
  });
  // An arena goes back when no thread writes to it any more, also where one of them has failed.
  const outcomes = await Promise.allSettled(work);
  arenas.release(arena);
  const failed = outcomes.find(outcome => outcome.status === 'rejected');
  if (failed === undefined)
    return {
      pixels: output.subarray(0, pictures.length * area),
      giveBack: () => arenas.release(output),
    };
  arenas.release(output);
  throw failed.reason;
}
