import {parentPort} from 'node:worker_threads';
import {random} from '../core/random.js';
import {augment, type Augmentation} from './augment.js';
import type {DecodedImage} from './resample.js';

/** Pictures to vary one after another, and where their pixels go. */
export interface AugmentTask {
  readonly pictures: readonly {readonly image: DecodedImage; readonly name: string}[];
  readonly size: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly epoch: number;
  /** `[pictures, size, size, 3]`, in shared memory. */
  readonly output: Uint8Array;
}

// Answers nothing but that a task is done, tasks in their order; what goes wrong ends the thread, and whoever waits is told of it.
parentPort!.on('message', ({pictures, size, augmentation, seed, epoch, output}: AugmentTask) => {
  pictures.forEach(({image, name}, position) => {
    output.set(augment(image, size, augmentation, random(seed, 'augment', epoch, name)), position * size * size * 3);
  });
  parentPort!.postMessage(undefined);
});
