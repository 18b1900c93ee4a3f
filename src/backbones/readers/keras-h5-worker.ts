import {parentPort, workerData} from 'node:worker_threads';
import type {HostTensor} from '../../core/host-tensor.js';
import {weightsInHdf5} from './hdf5-weights.js';
import {Malformed} from './malformed.js';

/** What this thread says of the bytes it was given. */
export type Hdf5Answer =
  {readonly tensors: ReadonlyMap<string, HostTensor>} | {readonly reason: string; readonly remedy: string | undefined};

function tell(answer: Hdf5Answer, moved: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(answer, [...moved]);
}

try {
  const tensors = await weightsInHdf5(workerData as Uint8Array);
  const buffers = [...tensors.values()].map(({data}) => data.buffer as ArrayBuffer);
  tell({tensors}, buffers);
} catch (error) {
  if (!(error instanceof Malformed)) throw error;
  tell({reason: error.reason, remedy: error.remedy});
}
