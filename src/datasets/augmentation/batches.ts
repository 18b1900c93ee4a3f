import {throwIfAborted} from '../../core/errors.js';
import {createRng, shuffle} from '../../core/rng.js';
import {augmentAll} from './augment-threads.js';
import type {Augmentation} from './augment.js';
import type {ImageCache} from '../cache/image-cache.js';
import type {Sample} from '../sample.js';
import {centerCrop} from '../images/crop.js';

/** How each image becomes a square: the center crop of the weights, or an augmentation drawn from (seed, epoch, name, repeat). */
export type View =
  | {readonly kind: 'center'}
  | {
      readonly kind: 'augmented';
      readonly augmentation: Augmentation;
      readonly seed: number;
      readonly epoch: number;
      /** How often each sample was shown before in the epoch. Default: never. */
      readonly repeats?: readonly number[];
    };

export interface BatchOptions {
  readonly batchSize: number;
  /** Side of the square images, in pixels. */
  readonly size: number;
  readonly view: View;
  /** Default: `as-given`. */
  readonly order?: 'as-given' | {readonly shuffle: {readonly seed: number; readonly epoch: number}};
  /** Batches made ahead of the one in use. Default: 2. */
  readonly prefetch?: number;
  readonly signal?: AbortSignal;
}

export interface ImageBatch {
  /** `[n, size, size, 3]`, RGB, row-major; n is `batchSize`, or what is left for the last batch. */
  readonly images: Uint8Array;
  /** `[n]` */
  readonly labels: Int32Array;
  /** `[n]`, into the samples that were given. */
  readonly indices: Int32Array;
}

/** A batch whose memory is reused after its release. */
interface ReusableBatch {
  readonly batch: ImageBatch;
  readonly release?: () => void;
}

/**
 * The images of the samples in batches, made ahead of need; at most `prefetch + 1` batches exist at a time. Leaving the loop early stops
 * the work. A batch's images are valid until the next is requested; then their memory is reused.
 *
 * @throws AbortedError once the signal is aborted; whatever reading an image throws
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
      batch.catch(() => undefined); // a failure is thrown when it is next, not as an unhandled rejection before
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

/** The name of the random stream, next to seed and epoch; no file name holds a NUL. */
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
