import {parentPort, workerData} from 'node:worker_threads';
import {Hdf5Weights} from './hdf5-weights.js';
import {FormatError} from '../format-error.js';

/** An error in the file. */
interface Hdf5Failure {
  readonly reason: string;
  readonly remedy: string | undefined;
}

/** Messages of this thread: first the shapes of all tensors, then the values of each requested name. */
export type Hdf5Response =
  | {readonly shapes: ReadonlyMap<string, readonly number[]>}
  | {readonly data: Float32Array}
  | Hdf5Failure;

function postResponse(response: Hdf5Response, transferList: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(response, [...transferList]);
}

async function withFailureResponse(operation: () => Promise<void> | void): Promise<void> {
  try {
    await operation();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    postResponse({reason: error.reason, remedy: error.remedy});
  }
}

await withFailureResponse(async () => {
  const weights = await Hdf5Weights.open(workerData as Uint8Array);
  parentPort!.on('message', (name: string) => {
    void withFailureResponse(() => {
      const data = weights.read(name);
      postResponse({data}, [data.buffer as ArrayBuffer]);
    });
  });
  postResponse({shapes: weights.shapes});
});
