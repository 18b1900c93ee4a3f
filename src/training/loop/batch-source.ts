import {createRng} from '../../core/rng.js';
import type {ImageBatch} from '../../datasets/augmentation/batches.js';
import type {Sample} from '../../datasets/sample.js';
import {isMixing, mixBatch} from '../../datasets/augmentation/mixup.js';
import {tf, type Tensor} from '../../backend/tensorflow.js';
import type {FeatureTable} from '../features/feature-table.js';
import {readImageBatches, batchToDevice, type ImageDataset} from './image-dataset.js';

/** A batch of inputs for a training or evaluation step. */
export interface InputBatch {
  /** Features or pixels; see `PhaseModel.forwardToFrozenDepth`. The caller disposes it. */
  readonly x: Tensor;
  readonly labels: Int32Array;
  /** Present if the images were mixed: labels of the paired images, and the weight of the original ones. */
  readonly mixup?: {readonly labels: Int32Array; readonly lambda: number};
}

/** Source of input batches for a phase: cached features, or pixels that each step runs through the frozen groups. */
export interface BatchSource {
  readonly count: number;
  /**
   * @param order indices of the samples, in reading order
   * @param epoch number that determines the augmentation of every image; `null` for unaugmented images
   * @param repeats how often each entry of `order` occurred earlier in the epoch; a repeated image is augmented differently
   */
  batches(
    order: readonly number[],
    batchSize: number,
    epoch: number | null,
    repeats?: readonly number[],
  ): AsyncIterable<InputBatch>;
}

/** Same batches, with progress. `onDone` is called after each batch with the number of used samples and the total. */
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

/**
 * Mixes a batch in place as the augmentation specifies. The random numbers depend on the first image, so a run that is resumed within an
 * epoch draws the same ones.
 */
export function mixupBatch(
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

/** Batches of images, augmented again on each read. */
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

/** Batches of rows of a feature table. In each epoch every sample uses one of its views, drawn by (seed, epoch, sample). */
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
      nextRows.catch(() => undefined); // the await of the next iteration throws it
      yield {
        x: tf.tensor(rows, [indices.length, ...table.rowShape]),
        labels: Int32Array.from(indices, index => labels[index]!),
      };
    }
  },
});
