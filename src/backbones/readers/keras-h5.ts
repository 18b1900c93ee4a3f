import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {Worker} from 'node:worker_threads';
import type {Hdf5Answer} from './keras-h5-worker.js';
import {Malformed} from './malformed.js';
import type {Contents} from './weights-file.js';

/** A hundred megabytes take half a second. */
const PATIENCE_SECONDS = 60;

/**
 * Reads what Keras wrote by `save_weights` or `save('x.h5')`: one group per layer (inside `model_weights` in a whole-model file), in it
 * the weights by name, `conv1_conv/kernel:0`. The HDF5 library gets a thread of its own for each file: a broken one can leave it broken
 * or without an end, and what memory it took is given back.
 */
export async function readKerasH5(path: string, patienceSeconds = PATIENCE_SECONDS): Promise<Contents> {
  const worker = new Worker(new URL('./keras-h5-worker.js', import.meta.url), {workerData: await readFile(path)});
  try {
    const answer = await answerOf(worker, AbortSignal.timeout(1000 * patienceSeconds));
    if ('tensors' in answer) return {metadata: {}, tensors: answer.tensors};
    throw new Malformed(answer.reason, answer.remedy);
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'AbortError';
    throw isLate ? new Malformed(`an HDF5 file without an end after ${patienceSeconds} seconds`) : error;
  } finally {
    await worker.terminate();
  }
}

async function answerOf(worker: Worker, signal: AbortSignal): Promise<Hdf5Answer> {
  const end = once(worker, 'exit', {signal}).then(() => [{reason: 'a broken HDF5 file', remedy: undefined}]);
  const [answer] = (await Promise.race([once(worker, 'message', {signal}), end])) as [Hdf5Answer];
  return answer;
}
