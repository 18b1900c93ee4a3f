import {throwIfAborted} from '../../core/errors.js';
import {createRng, shuffle} from '../../core/rng.js';
import {augmentAll} from './augment-threads.js';
import type {Augmentation} from './augment.js';
import type {ImageCache} from '../cache/image-cache.js';
import type {Sample} from '../sample.js';
import {centerCrop} from '../images/crop.js';

/** Source of each square image: the center crop of the weights, or an augmentation seeded by (seed, epoch, name, repeat). */
export type View =
  | {readonly kind: 'center'}
  | {
      readonly kind: 'augmented';
      readonly augmentation: Augmentation;
      readonly seed: number;
      readonly epoch: number;
      /** How often each sample was already used in this epoch. Default: never. */
      readonly repeats?: readonly number[];
    };

export interface BatchOptions {
  readonly batchSize: number;
  /** Side of the square images, in pixels. */
  readonly size: number;
  readonly view: View;
  /** Default: `as-given`. */
  readonly order?: 'as-given' | {readonly shuffle: {readonly seed: number; readonly epoch: number}};
  /** Number of batches prepared ahead of the current one. Default: 2. */
  readonly prefetch?: number;
  readonly signal?: AbortSignal;
}

export interface ImageBatch {
  /** `[n, size, size, 3]`, RGB, row-major. n is `batchSize`, or the remainder in the last batch. */
  readonly images: Uint8Array;
  /** `[n]`, class labels. */
  readonly labels: Int32Array;
  /** `[n]`, indices into the given samples. */
  readonly indices: Int32Array;
}

/** A batch whose memory is reused after it is released. */
interface ReusableBatch {
  readonly batch: ImageBatch;
  readonly release?: () => void;
}

/**
 * Yields the images of the samples in batches, prepared ahead of time. At most `prefetch + 1` batches exist at the same time. Leaving the
 * loop early stops the work. The images of a batch are valid until the next batch is requested; then their memory is reused.
 *
 * @throws AbortedError when the signal is aborted; errors of reading an image
 */
export async function* imageBatches(
  cache: ImageCache,
  samples: readonly Sample[],
  options: BatchOptions,
): AsyncGenerator<ImageBatch, void, void> {
  const {batchSize, prefetch = 2, signal} = options;
  const order = computeOrder(samples, options.order ?? 'as-given');
  const ahead: Promise<ReusableBatch>[] = [];
  let started = 0;
  for (;;) {
    while (ahead.length <= prefetch && started < order.length) {
      const batch = makeBatch(
        cache,
        samples,
        order.subarray(started, started + batchSize),
        options,
      );
      batch.catch(() => undefined); // errors are thrown when the batch is next, not as unhandled rejections before
      ahead.push(batch);
      started += batchSize;
    }
    const next = ahead.shift();
    if (next === undefined) return;
    throwIfAborted(signal);
    const {batch, release} = await next;
    yield batch;
    release?.();
  }
}

function computeOrder(
  samples: readonly Sample[],
  order: NonNullable<BatchOptions['order']>,
): Int32Array {
  const indices = samples.map((_, index) => index);
  if (order === 'as-given') return Int32Array.from(indices);
  return Int32Array.from(
    shuffle(indices, createRng(order.shuffle.seed, 'order', order.shuffle.epoch)),
  );
}

/** Name of the random stream, next to seed and epoch. File names never contain a NUL. */
function streamName({name}: Sample, view: View, index: number): string {
  const repeat = view.kind === 'center' ? 0 : (view.repeats?.[index] ?? 0);
  return repeat === 0 ? name : `${name}\0${repeat}`;
}

async function makeBatch(
  cache: ImageCache,
  samples: readonly Sample[],
  indices: Int32Array,
  options: BatchOptions,
): Promise<ReusableBatch> {
  const {size, view} = options;
  const namedImages = await Promise.all(
    Array.from(indices, async index => ({
      name: streamName(samples[index]!, view, index),
      image: await cache.image(samples[index]!),
    })),
  );
  const labels = Int32Array.from(indices, index => samples[index]!.label);
  if (view.kind === 'center')
    return {
      batch: {
        images: Buffer.concat(namedImages.map(({image}) => centerCrop(image, size))),
        labels,
        indices,
      },
    };
  const {augmentation, seed, epoch} = view;
  const {pixels, release} = await augmentAll(namedImages, {augmentation, seed, epoch, size});
  return {batch: {images: pixels, labels, indices}, release};
}
