import {random} from '../core/random.js';
import {sizeOf} from '../core/host-tensor.js';
import {tf, type Tensor, type Tensor4D} from '../engine/tensorflow.js';
import {nextTurn} from './next-turn.js';
import type {PhaseNetwork} from './phase-network.js';
import {pictures, toPixels, type PictureSource} from './pictures.js';

/** Pictures run through the frozen groups at a time while a table is filled. */
const ROWS_AT_A_TIME = 32;

/**
 * What crosses a boundary, for every sample and view, in memory: the frozen groups are run once, not once an epoch. View 0 is the plain
 * picture, the others are its augmented variations, fixed by (seed, view, sample).
 */
export class FeatureTable {
  readonly #views: readonly Float32Array[];

  constructor(
    readonly boundary: number,
    /** Shape of one row: `[h, w, channels]` or `[width]`. */
    readonly rowShape: readonly number[],
    readonly count: number,
    readonly views: number,
  ) {
    this.#views = Array.from({length: views}, () => new Float32Array(count * sizeOf(rowShape)));
  }

  /** The view of a sample that an epoch trains on; `null` asks for the plain one. */
  viewShown(seed: number, epoch: number | null, index: number): number {
    return epoch === null || this.views === 1 ? 0 : random(seed, 'view', epoch, index).integer(this.views);
  }

  /** @returns `[n, ...rowShape]`, one view of each of the samples; the caller disposes it */
  rows(indices: readonly number[], viewOf: (index: number) => number): Tensor {
    const size = sizeOf(this.rowShape);
    const gathered = new Float32Array(indices.length * size);
    indices.forEach((index, row) => {
      gathered.set(this.#views[viewOf(index)]!.subarray(index * size, (index + 1) * size), row * size);
    });
    return tf.tensor(gathered, [indices.length, ...this.rowShape]);
  }

  /** Writes rows that belong to consecutive samples. */
  fill(view: number, first: number, rows: Float32Array): void {
    this.#views[view]!.set(rows, first * sizeOf(this.rowShape));
  }

  static bytes(rowShape: readonly number[], count: number, views: number): number {
    return 4 * sizeOf(rowShape) * count * views;
  }
}

/** Shape of what crosses a boundary of a network, for one picture. Runs one blank picture. */
export const rowShapeAt = (network: PhaseNetwork, boundary: number, size: number): readonly number[] =>
  tf.tidy(() => network.lower(tf.zeros([1, size, size, 3], 'int32'), 0, boundary).shape.slice(1));

/** Told after every batch how many more rows are done. */
export type RowsDone = (rows: number) => void;

const allOf = (count: number): number[] => Array.from({length: count}, (_, index) => index);

/** Runs pictures through the frozen groups, every view of every sample. @param table empty; of a boundary the network has */
export async function fillFromPictures(table: FeatureTable, network: PhaseNetwork, source: PictureSource, onRows: RowsDone): Promise<void> {
  for (let view = 0; view < table.views; view++) {
    let first = 0;
    for await (const batch of pictures(source, allOf(table.count), ROWS_AT_A_TIME, view === 0 ? null : view)) {
      const x = tf.tidy(() => network.lower(toPixels(batch, source.size), 0, table.boundary));
      table.fill(view, first, x.dataSync<'float32'>());
      x.dispose();
      first += batch.labels.length;
      onRows(batch.labels.length);
      await nextTurn();
    }
  }
}

/** Runs the rows of a table with a lower boundary, and no fewer views, through the groups between the two. */
export async function fillFromTable(
  table: FeatureTable,
  network: PhaseNetwork,
  from: FeatureTable,
  signal: AbortSignal | undefined,
  onRows: RowsDone,
): Promise<void> {
  for (let view = 0; view < table.views; view++) {
    for (let first = 0; first < table.count; first += ROWS_AT_A_TIME) {
      const indices = allOf(Math.min(ROWS_AT_A_TIME, table.count - first)).map(offset => first + offset);
      const x = tf.tidy(() => network.lower(from.rows(indices, () => view) as Tensor4D, from.boundary, table.boundary));
      table.fill(view, first, x.dataSync<'float32'>());
      x.dispose();
      onRows(indices.length);
      await nextTurn();
      signal?.throwIfAborted();
    }
  }
}
