import type {Fit} from '../core/preprocessing.js';
import type {Augmentation} from '../datasets/augment.js';
import {imageBatches, type ImageBatch} from '../datasets/batches.js';
import type {ImageCache} from '../datasets/image-cache.js';
import type {Sample} from '../datasets/image-folder.js';
import {uploadPixels} from '../engine/pixels.js';
import type {Tensor4D} from '../engine/tensorflow.js';

/** Where pixels come from, and how they are varied. */
export interface PictureSource {
  readonly cache: ImageCache;
  readonly samples: readonly Sample[];
  readonly size: number;
  /** How the pictures of the cache were made squares; cropped unless told. */
  readonly fit?: Fit;
  readonly augmentation: Augmentation;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** RGB pixels 0..255, `[n, size, size, 3]`, as `uploadPixels` gives them. */
export const toPixels = (batch: ImageBatch, size: number): Tensor4D => uploadPixels(batch.images, [batch.labels.length, size, size, 3]);

/**
 * Batches of pictures in an order.
 * @param epoch which variation of every picture; `null` for the plain pictures
 * @param turns how often each of `order` was shown before in the epoch
 */
export function pictures(
  source: PictureSource,
  order: readonly number[],
  batchSize: number,
  epoch: number | null,
  turns?: readonly number[],
): AsyncIterable<ImageBatch> {
  const {cache, size, augmentation, seed, signal} = source;
  const samples = order.map(index => source.samples[index]!);
  return imageBatches(cache, samples, {
    batchSize,
    size,
    view: epoch === null ? {kind: 'centre'} : {kind: 'augmented', augmentation, seed, epoch, ...(turns !== undefined && {turns})},
    ...(signal === undefined ? {} : {signal}),
  });
}
