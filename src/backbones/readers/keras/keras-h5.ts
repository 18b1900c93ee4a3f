import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {Hdf5Response} from './keras-h5-worker.js';
import {FormatError} from '../format-error.js';
import type {TensorReader, StoredTensor} from '../weights-file.js';

/** Timeout of each response. A hundred megabytes take half a second on an idle machine. */
const TIMEOUT_SECONDS = 30;

/**
 * Opens a file from Keras' `save_weights` or `save('x.h5')`: one group per layer (inside `model_weights` in a whole-model file), with
 * weights by name, `conv1_conv/conv1_conv/kernel:0`. The HDF5 library runs in a new thread per file: a broken file can corrupt its state or
 * make it hang, and the thread's end frees its memory.
 */
export async function openKerasH5(
  bytes: Uint8Array,
  timeoutSeconds = TIMEOUT_SECONDS,
): Promise<TensorReader> {
  const thread = new Hdf5Worker(bytes, timeoutSeconds);
  try {
    const answer = await thread.answer();
    const shapes = 'shapes' in answer ? answer.shapes : new Map<string, readonly number[]>();
    const tensors = [...shapes].map(([name, shape]): [string, StoredTensor] => [
      name,
      {shape, read: () => thread.read(name)},
    ]);
    return {
      metadata: {},
      tensors: new Map(tensors),
      bytes: bytes.length,
      close: () => thread.end(),
    };
  } catch (error) {
    await thread.end();
    throw error;
  }
}

/** A worker thread for one file. Requests are sent one after the other. */
class Hdf5Worker {
  private readonly worker: Worker;
  private pendingRead: Promise<unknown> = Promise.resolve();

  constructor(
    bytes: Uint8Array,
    private readonly timeoutSeconds: number,
  ) {
    this.worker = new Worker(new URL('./keras-h5-worker.js', import.meta.url), {workerData: bytes});
  }

  async read(name: string): Promise<Float32Array> {
    const reading = this.pendingRead.then(() => {
      this.worker.postMessage(name);
      return this.answer();
    });
    this.pendingRead = reading.catch(() => {});
    const answer = await reading;
    return 'data' in answer ? answer.data : new Float32Array(0);
  }

  /** @throws FormatError if the file is broken or the response times out */
  async answer(): Promise<Exclude<Hdf5Response, {readonly reason: string}>> {
    const responseController = new AbortController();
    const signal = AbortSignal.any([
      AbortSignal.timeout(1000 * this.timeoutSeconds),
      responseController.signal,
    ]);
    const message = once(this.worker, 'message', {signal});
    const end = once(this.worker, 'exit', {signal}).then(() => [
      {reason: 'a broken HDF5 file', remedy: undefined},
    ]);
    try {
      const [answer] = (await Promise.race([message, end])) as [Hdf5Response];
      if ('reason' in answer) throw new FormatError(answer.reason, answer.remedy);
      return answer;
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'AbortError';
      throw isTimeout
        ? new FormatError(`an HDF5 file without an end after ${this.timeoutSeconds} seconds`)
        : error;
    } finally {
      // Removes the listeners of the event that did not occur.
      for (const waiting of [message, end]) waiting.catch(() => {});
      responseController.abort();
    }
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
