import {random} from '../core/random.js';
import type {ImageBatch} from '../datasets/batches.js';
import type {Sample} from '../datasets/image-folder.js';
import {isMixing, mixPictures} from '../datasets/mix.js';
import {tf, type Tensor} from '../engine/tensorflow.js';
import type {FeatureTable} from './feature-table.js';
import {pictures, toPixels, type PictureSource} from './pictures.js';

/** Some samples. */
export interface InputBatch {
  /** Activations, or pixels: see `PhaseNetwork.toBoundary`. The receiver disposes it. */
  readonly x: Tensor;
  readonly labels: Int32Array;
  /** Where pictures were mixed: the labels of what each was mixed with, and the share of the first. */
  readonly mixed?: {readonly labels: Int32Array; readonly share: number};
}

/** Samples as a phase wants them: activations out of a table, or pixels, which each step runs through the frozen groups. */
export interface Inputs {
  readonly count: number;
  /**
   * @param order indices of the samples, in the order wanted
   * @param epoch which variation of every picture; `null` for the plain pictures
   * @param turns how often each of `order` was shown before in the epoch: what comes again is varied anew
   */
  batches(order: readonly number[], batchSize: number, epoch: number | null, turns?: readonly number[]): AsyncIterable<InputBatch>;
}

/** The same inputs; `onDone` is told how many of the samples asked for have been used, whenever a batch has been. */
export const counted = (inputs: Inputs, onDone: (done: number, total: number) => void): Inputs => ({
  count: inputs.count,
  async *batches(order, batchSize, epoch, turns) {
    let done = 0;
    for await (const batch of inputs.batches(order, batchSize, epoch, turns)) {
      yield batch;
      onDone((done += batch.labels.length), order.length);
    }
  },
});

/** Mixes a batch as its augmentation says; what is drawn hangs on its first picture, so a run that goes on in an epoch draws the same. */
function mixedBatch(
  {augmentation: {mixing}, size, seed}: PictureSource,
  {images, labels}: ImageBatch,
  epoch: number,
  first: Sample,
): InputBatch['mixed'] {
  if (mixing === undefined || !isMixing(mixing) || labels.length < 2) return undefined;
  const {partners, share} = mixPictures(images, size, mixing, random(seed, 'mix', epoch, first.name));
  return {labels: Int32Array.from(partners, partner => labels[partner]!), share};
}

/** Every picture, varied each time it is asked for. */
export const pictureInputs = (source: PictureSource): Inputs => ({
  count: source.samples.length,
  async *batches(order, batchSize, epoch, turns) {
    for await (const batch of pictures(source, order, batchSize, epoch, turns)) {
      const mixed = epoch === null ? undefined : mixedBatch(source, batch, epoch, source.samples[order[batch.indices[0]!]!]!);
      yield {x: toPixels(batch, source.size), labels: batch.labels, ...(mixed && {mixed})};
    }
  },
});

/** Rows of a table; at each epoch every sample shows one of its views, drawn by (seed, epoch, sample). */
export const tableInputs = (table: FeatureTable, labels: Int32Array, seed: number): Inputs => ({
  count: labels.length,
  async *batches(order, batchSize, epoch, turns) {
    const read = async (start: number): Promise<{rows: Float32Array; indices: readonly number[]}> => {
      const indices = order.slice(start, start + batchSize);
      return {indices, rows: await table.rows(indices, (index, row) => table.viewShown(seed, epoch, index, turns?.[start + row]))};
    };
    let ahead = read(0);
    for (let start = 0; start < order.length; start += batchSize) {
      const {rows, indices} = await ahead;
      ahead = read(start + batchSize);
      ahead.catch(() => undefined); // a failure is thrown when its turn comes
      yield {x: tf.tensor(rows, [indices.length, ...table.rowShape]), labels: Int32Array.from(indices, index => labels[index]!)};
    }
  },
});
