import {parentPort} from 'node:worker_threads';
import {createRng} from '../../core/rng.js';
import {augment, type Augmentation} from './augment.js';
import type {DecodedImage} from '../images/resample.js';

/** Parameters of augmenting a batch. */
export interface AugmentParams {
  /** Side of the square output images, in pixels. */
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

// Replies when a task is done, in the order of the tasks. An error ends the thread, which rejects the pending tasks.
parentPort!.on('message', ({images, output, size, augmentation, seed, epoch}: AugmentTask) => {
  images.forEach(({image, name}, position) => {
    output.set(
      augment(image, size, augmentation, createRng(seed, 'augment', epoch, name)),
      position * size * size * 3,
    );
  });
  parentPort!.postMessage(undefined);
});
