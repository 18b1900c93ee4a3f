import {parentPort} from 'node:worker_threads';
import {createRng} from '../../core/rng.js';
import {augment, type Augmentation} from './augment.js';
import type {DecodedImage} from '../images/resample.js';

/** How images are augmented. */
export interface AugmentParams {
  /** Side of the squares, in pixels. */
  readonly size: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly epoch: number;
}

export interface NamedImage {
  readonly name: string;
  readonly image: DecodedImage;
}

export interface AugmentTask extends AugmentParams {
  readonly images: readonly NamedImage[];
  /** `[images, size, size, 3]`, in shared memory. */
  readonly output: Uint8Array;
}

// Answers nothing but that a task is done, tasks in their order; an error ends the thread, and rejects the pending tasks.
parentPort!.on('message', ({images, output, size, augmentation, seed, epoch}: AugmentTask) => {
  images.forEach(({image, name}, position) => {
    output.set(
      augment(image, size, augmentation, createRng(seed, 'augment', epoch, name)),
      position * size * size * 3,
    );
  });
  parentPort!.postMessage(undefined);
});
