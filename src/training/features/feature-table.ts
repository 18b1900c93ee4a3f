import {createRng} from '../../core/rng.js';
import {sizeFromShape} from '../../core/state-dict.js';
import {featureBytes, type FeatureRows} from './feature-rows.js';

/**
 * Features at a frozen depth, for every sample and view. The frozen groups run once, and not once per epoch. View 0 is the unaugmented
 * image; the others are augmented, determined by (seed, view, sample).
 */
export class FeatureTable {
  readonly #views: readonly FeatureRows[];

  constructor(
    readonly depth: number,
    /** Shape of one row: `[h, w, channels]` or `[width]`. */
    readonly rowShape: readonly number[],
    readonly count: number,
    views: readonly FeatureRows[],
    /** Bytes of memory that the table uses. */
    readonly memoryBytes = 0,
  ) {
    this.#views = views;
  }

  get views(): number {
    return this.#views.length;
  }

  /**
   * View of a sample to train on in an epoch. Each repeat within the epoch takes the next view. An epoch of `null` selects the unaugmented
   * view.
   */
  viewForEpoch(seed: number, epoch: number | null, index: number, repeat = 0): number {
    return epoch === null || this.views === 1
      ? 0
      : (createRng(seed, 'view', epoch, index).integer(this.views) + repeat) % this.views;
  }

  /** @returns `[n, ...rowShape]`, row by row, with one view of each sample */
  async rows(
    indices: readonly number[],
    viewOf: (index: number, row: number) => number,
  ): Promise<Float32Array> {
    const size = sizeFromShape(this.rowShape);
    const gathered = new Float32Array(indices.length * size);
    const pendingCopies = indices.map((index, row) =>
      this.#views[viewOf(index, row)]!.copy(index, gathered, row * size),
    );
    await Promise.all(pendingCopies.filter(copied => copied !== undefined));
    return gathered;
  }

  /** Subset of the samples in another order. It is valid until this table is closed. */
  subset(indices: readonly number[]): FeatureTable {
    const subsetViews = this.#views.map((rows): FeatureRows => ({
      copy: (index, into, at) => rows.copy(indices[index]!, into, at),
      close: async () => {},
    }));
    return new FeatureTable(this.depth, this.rowShape, indices.length, subsetViews);
  }

  async close(): Promise<void> {
    await Promise.all(this.#views.map(rows => rows.close()));
  }

  static bytes(rowShape: readonly number[], count: number, views: number): number {
    return featureBytes({shape: rowShape, count}) * views;
  }
}
