import {parentPort, workerData} from 'node:worker_threads';
import {Hdf5Weights} from './hdf5-weights.js';
import {Malformed} from './malformed.js';

/** What is wrong with the file. */
interface Refusal {
  readonly reason: string;
  readonly remedy: string | undefined;
}

/** What this thread says of the bytes it was given, first their tensors' shapes; then the numbers of each name that it is sent. */
export type Hdf5Answer = {readonly shapes: ReadonlyMap<string, readonly number[]>} | {readonly data: Float32Array} | Refusal;

function tell(answer: Hdf5Answer, moved: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(answer, [...moved]);
}

async function answering(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    tell({reason: error.reason, remedy: error.remedy});
  }
}

await answering(async () => {
  const weights = await Hdf5Weights.open(workerData as Uint8Array);
  parentPort!.on('message', (name: string) => {
    void answering(() => {
      const data = weights.read(name);
      tell({data}, [data.buffer as ArrayBuffer]);
    });
  });
  tell({shapes: weights.shapes});
});
