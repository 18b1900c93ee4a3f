import {tf, type Tensor2D} from '../../backend/tensorflow.js';
import type {FeatureTable} from '../features/feature-table.js';

/** Rows of a block: few enough that logits and copies of a block stay small. */
const BLOCK_ROWS = 4096;

/** Mean of each feature over all rows, and what all features are divided by. */
export interface Standardization {
  readonly mean: Float64Array;
  /** Root mean square of all deviations from the means. */
  readonly deviation: number;
}

/** Consecutive images of one view. */
interface Block {
  readonly view: number;
  readonly firstImage: number;
  /** Standardized features, `[images, width]`, on the device. */
  readonly rows: Tensor2D;
}

/** Standardized features of the training images on the device: a row for each image and view. The caller disposes it. */
export interface FeatureMatrix {
  readonly images: number;
  readonly views: number;
  readonly width: number;
  readonly blocks: readonly Block[];
  readonly standardization: Standardization;
  dispose(): void;
}

/** Bytes of the matrix of a table with a number of views. */
export const matrixBytes = ({count, rowShape: [width]}: FeatureTable, views: number): number =>
  count * width! * views * Float32Array.BYTES_PER_ELEMENT;

/** Features of a table, block by block: `[images, width]`. */
async function* readBlocks(
  table: FeatureTable,
  views: number,
): AsyncGenerator<{
  readonly view: number;
  readonly firstImage: number;
  readonly rows: Float32Array;
}> {
  for (let view = 0; view < views; view++) {
    for (let firstImage = 0; firstImage < table.count; firstImage += BLOCK_ROWS) {
      const images = Math.min(BLOCK_ROWS, table.count - firstImage);
      const indices = Array.from({length: images}, (_, i) => firstImage + i);
      yield {view, firstImage, rows: await table.rows(indices, () => view)};
    }
  }
}

/** Sums of a function of each feature over all rows of all blocks. */
async function sumColumns(
  table: FeatureTable,
  views: number,
  of: (value: number, column: number) => number,
): Promise<Float64Array> {
  const width = table.rowShape[0]!;
  const sums = new Float64Array(width);
  for await (const {rows} of readBlocks(table, views)) {
    for (let at = 0; at < rows.length; at += width)
      for (let column = 0; column < width; column++)
        sums[column]! += of(rows[at + column]!, column);
  }
  return sums;
}

async function computeStandardization(
  table: FeatureTable,
  views: number,
): Promise<Standardization> {
  const count = table.count * views;
  const mean = (await sumColumns(table, views, value => value)).map(sum => sum / count);
  const squares = await sumColumns(table, views, (value, column) => (value - mean[column]!) ** 2);
  const variance = squares.reduce((sum, each) => sum + each, 0) / count / squares.length;
  return {mean, deviation: variance > 0 ? Math.sqrt(variance) : 1};
}

/**
 * Reads the first views of a table of pooled features and standardizes them: every mean is 0 over all rows, and the mean variance of the features
 * is 1, so that one penalty fits features of any scale. Features keep their variances relative to each other: features of a network share a
 * unit, and to raise the weak ones to the strength of the others costs accuracy (docs/freeze-schedules.md).
 */
export async function createFeatureMatrix(
  table: FeatureTable,
  views: number,
): Promise<FeatureMatrix> {
  const width = table.rowShape[0]!;
  const standardization = await computeStandardization(table, views);
  const {mean, deviation} = standardization;
  const blocks: Block[] = [];
  for await (const {view, firstImage, rows} of readBlocks(table, views)) {
    for (let i = 0; i < rows.length; i++) rows[i] = (rows[i]! - mean[i % width]!) / deviation;
    blocks.push({view, firstImage, rows: tf.tensor2d(rows, [rows.length / width, width])});
  }
  return {
    images: table.count,
    views,
    width,
    blocks,
    standardization,
    dispose: () => blocks.forEach(({rows}) => rows.dispose()),
  };
}
