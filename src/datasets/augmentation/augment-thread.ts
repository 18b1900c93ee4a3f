import {parentPort} from 'node:worker_threads';
import {createRng} from '../../core/rng.js';
import {augment, type Augmentation} from './augment.js';
import type {DecodedImage} from '../images/resample.js';

/** How images are varied. */
export interface Variation {
  /** Side of the squares, in pixels. */
  readonly size: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly epoch: number;
}

export interface NamedPicture {
  readonly name: string;
  readonly image: DecodedImage;
}

export interface AugmentTask extends Variation {
  readonly pictures: readonly NamedPicture[];
  /** `[images, size, size, 3]`, in shared memory. */
  readonly output: Uint8Array;
}

// Answers nothing but that a task is done, tasks in their order; what goes wrong ends the thread, and whoever waits is told of it.
parentPort!.on('message', ({pictures, output, size, augmentation, seed, epoch}: AugmentTask) => {
  pictures.forEach(({image, name}, position) => {
    output.set(
      augment(image, size, augmentation, createRng(seed, 'augment', epoch, name)),
      position * size * size * 3,
    );
  });
  parentPort!.postMessage(undefined);
});
