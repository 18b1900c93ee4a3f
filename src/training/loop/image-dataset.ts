import type {Fit} from '../../core/preprocessing.js';
import type {Augmentation} from '../../datasets/augmentation/augment.js';
import {imageBatches, type ImageBatch} from '../../datasets/augmentation/batches.js';
import type {ImageCache} from '../../datasets/cache/image-cache.js';
import type {Sample} from '../../datasets/sample.js';
import {pixelsToDevice} from '../../backend/ops/pixels.js';
import type {Tensor4D} from '../../backend/tensorflow.js';

/** Images with their augmentation. */
export interface ImageDataset {
  readonly cache: ImageCache;
  readonly samples: readonly Sample[];
  readonly size: number;
  /** How the cached images were fitted to squares. Default: center crop. */
  readonly fit?: Fit;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** RGB pixels 0..255, `[n, size, size, 3]`, as `pixelsToDevice` returns them. */
export const batchToDevice = (batch: ImageBatch, size: number): Tensor4D =>
  pixelsToDevice(batch.images, [batch.labels.length, size, size, 3]);

/**
 * Reads batches of images in the given order.
 * @param epoch number that determines the augmentation of every image; `null` for unaugmented images
 * @param repeats how often each entry of `order` occurred earlier in the epoch
 */
export function readImageBatches(
  source: ImageDataset,
  order: readonly number[],
  batchSize: number,
  epoch: number | null,
  repeats?: readonly number[],
): AsyncIterable<ImageBatch> {
  const {cache, size, augmentation, seed, signal} = source;
  const samples = order.map(index => source.samples[index]!);
  return imageBatches(cache, samples, {
    batchSize,
    size,
    view:
      epoch === null
        ? {kind: 'center'}
        : {
            kind: 'augmented',
            augmentation,
            seed,
            epoch,
            ...(repeats !== undefined && {repeats}),
          },
    ...(signal === undefined ? {} : {signal}),
  });
}
