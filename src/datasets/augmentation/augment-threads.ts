import {Worker} from 'node:worker_threads';
import {usableCores, threadPoolSize} from '../../core/system-resources.js';
import type {AugmentTask, NamedImage, AugmentParams} from './augment-thread.js';
import {BufferPool, isSharedMemory} from '../cache/shared-memory.js';

interface PendingTask {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A worker thread that runs tasks in order. It keeps the process alive only while it has tasks. */
class AugmentThread {
  // Process flags are not inherited: --input-type is an error in a thread.
  readonly #worker = new Worker(new URL('./augment-thread.js', import.meta.url), {execArgv: []});
  readonly #pending: PendingTask[] = [];

  constructor(onEnd: () => void) {
    this.#worker.unref();
    this.#worker.on('message', () => {
      this.#pending.shift()!.resolve();
      if (this.#pending.length === 0) this.#worker.unref();
    });
    this.#worker.on('error', error => {
      onEnd();
      for (const {reject} of this.#pending) reject(error);
    });
  }

  run(task: AugmentTask): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({resolve, reject});
      this.#worker.ref();
      this.#worker.postMessage(task);
    });
  }
}

/** Threads of the process, like Node's own thread pool: started when first needed, ended with the process. */
const threads: AugmentThread[] = [];
const buffers = new BufferPool();

const CORES = usableCores();

const threadCount = (): number => Math.min(threadPoolSize(), CORES);

function getThread(index: number): AugmentThread {
  return (threads[index] ??= new AugmentThread(() => delete threads[index]));
}

/** Copies images to shared memory unless they are there already. */
function toSharedMemory(images: readonly NamedImage[]): {
  readonly shared: readonly NamedImage[];
  readonly buffer: Uint8Array;
} {
  const unsharedBytes = (image: NamedImage['image']): number =>
    isSharedMemory(image.data) ? 0 : image.data.length;
  const buffer = buffers.acquire(images.reduce((sum, {image}) => sum + unsharedBytes(image), 0));
  let end = 0;
  const shared = images.map(({name, image}) => {
    if (isSharedMemory(image.data)) return {name, image};
    const data = buffer.subarray(end, (end += image.data.length));
    data.set(image.data);
    return {name, image: {...image, data}};
  });
  return {shared, buffer};
}

/** A batch of augmented images in reusable memory. */
export interface AugmentedBatch {
  /** `[images, size, size, 3]`, in shared memory. */
  readonly pixels: Uint8Array;
  /** Returns the memory to the pool. Call it once, when the pixels are no longer needed. */
  release(): void;
}

/**
 * Augments images on worker threads: as many as decode images, at most one per core.
 *
 * @throws RangeError for an image smaller than the center crop, if the augmentation has no random crop
 */
export async function augmentAll(
  images: readonly NamedImage[],
  params: AugmentParams,
): Promise<AugmentedBatch> {
  const area = params.size ** 2 * 3;
  const output = buffers.acquire(images.length * area);
  const {shared, buffer} = toSharedMemory(images);
  const imagesPerThread = Math.ceil(images.length / threadCount());
  const tasks = Array.from({length: Math.ceil(images.length / imagesPerThread)}, (_, index) => {
    const [first, end] = [index * imagesPerThread, (index + 1) * imagesPerThread];
    const slice = {
      images: shared.slice(first, end),
      output: output.subarray(first * area, end * area),
    };
    return getThread(index).run({...params, ...slice});
  });
  // A buffer is released when no thread writes to it anymore, even if one of them has failed.
  const outcomes = await Promise.allSettled(tasks);
  buffers.release(buffer);
  const failed = outcomes.find(outcome => outcome.status === 'rejected');
  if (failed === undefined)
    return {
      pixels: output.subarray(0, images.length * area),
      release: () => buffers.release(output),
    };
  buffers.release(output);
  throw failed.reason;
}
