import {createRng} from '../../core/rng.js';
import type {ImageBatch} from '../../datasets/augmentation/batches.js';
import type {Sample} from '../../datasets/sample.js';
import {isMixing, mixBatch} from '../../datasets/augmentation/mixup.js';
import {tf, type Tensor} from '../../backend/tensorflow.js';
import type {FeatureTable} from '../features/feature-table.js';
import {readImageBatches, batchToDevice, type ImageDataset} from './image-dataset.js';

/** Some samples. */
export interface InputBatch {
  /** Activations, or pixels: see `PhaseNetwork.toBoundary`. The receiver disposes it. */
  readonly x: Tensor;
  readonly labels: Int32Array;
  /** Where images were mixed: the labels of what each was mixed with, and the share of the first. */
  readonly mixup?: {readonly labels: Int32Array; readonly lambda: number};
}

/** Samples as a phase wants them: activations out of a table, or pixels, which each step runs through the frozen groups. */
export interface BatchSource {
  readonly count: number;
  /**
   * @param order indices of the samples, in the order wanted
   * @param epoch which variation of every image; `null` for the plain images
   * @param repeats how often each of `order` was shown before in the epoch: what comes again is varied anew
   */
  batches(
    order: readonly number[],
    batchSize: number,
    epoch: number | null,
    repeats?: readonly number[],
  ): AsyncIterable<InputBatch>;
}

/** The same inputs; `onDone` gets how many of the samples asked for have been used, whenever a batch has been. */
export const withProgress = (
  inputs: BatchSource,
  onDone: (done: number, total: number) => void,
): BatchSource => ({
  count: inputs.count,
  async *batches(order, batchSize, epoch, repeats) {
    let done = 0;
    for await (const batch of inputs.batches(order, batchSize, epoch, repeats)) {
      yield batch;
      onDone((done += batch.labels.length), order.length);
    }
  },
});

/** Mixes a batch as its augmentation says; what is drawn hangs on its first image, so a run that is resumed in an epoch draws the same. */
function mixupBatch(
  {augmentation: {mixing}, size, seed}: ImageDataset,
  {images, labels}: ImageBatch,
  epoch: number,
  first: Sample,
): InputBatch['mixup'] {
  if (mixing === undefined || !isMixing(mixing) || labels.length < 2) return undefined;
  const {pairing, lambda} = mixBatch(
    images,
    size,
    mixing,
    createRng(seed, 'mix', epoch, first.name),
  );
  return {labels: Int32Array.from(pairing, pairedIndex => labels[pairedIndex]!), lambda};
}

/** Every image, varied each time it is asked for. */
export const imageBatchSource = (source: ImageDataset): BatchSource => ({
  count: source.samples.length,
  async *batches(order, batchSize, epoch, repeats) {
    for await (const batch of readImageBatches(source, order, batchSize, epoch, repeats)) {
      const mixup =
        epoch === null
          ? undefined
          : mixupBatch(source, batch, epoch, source.samples[order[batch.indices[0]!]!]!);
      yield {x: batchToDevice(batch, source.size), labels: batch.labels, ...(mixup && {mixup})};
    }
  },
});

/** Rows of a table; at each epoch every sample shows one of its views, drawn by (seed, epoch, sample). */
export const featureBatchSource = (
  table: FeatureTable,
  labels: Int32Array,
  seed: number,
): BatchSource => ({
  count: labels.length,
  async *batches(order, batchSize, epoch, repeats) {
    const read = async (
      start: number,
    ): Promise<{rows: Float32Array; indices: readonly number[]}> => {
      const indices = order.slice(start, start + batchSize);
      return {
        indices,
        rows: await table.rows(indices, (index, row) =>
          table.viewForEpoch(seed, epoch, index, repeats?.[start + row]),
        ),
      };
    };
    let nextRows = read(0);
    for (let start = 0; start < order.length; start += batchSize) {
      const {rows, indices} = await nextRows;
      nextRows = read(start + batchSize);
      nextRows.catch(() => undefined); // a failure is thrown when its turn comes
      yield {
        x: tf.tensor(rows, [indices.length, ...table.rowShape]),
        labels: Int32Array.from(indices, index => labels[index]!),
      };
    }
  },
});
