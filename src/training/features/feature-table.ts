import {createRng} from '../../core/rng.js';
import {sizeFromShape} from '../../core/state-dict.js';
import {featureBytes, type FeatureRows} from './feature-rows.js';

/**
 * What crosses a boundary, for every sample and view: the frozen groups are run once, not once an epoch. View 0 is the plain image, the
 * others are its augmented variations, fixed by (seed, view, sample).
 */
export class FeatureTable {
  readonly #views: readonly FeatureRows[];

  constructor(
    readonly depth: number,
    /** Shape of one row: `[h, w, channels]` or `[width]`. */
    readonly rowShape: readonly number[],
    readonly count: number,
    views: readonly FeatureRows[],
    /** Bytes of memory that it takes. */
    readonly memoryBytes = 0,
  ) {
    this.#views = views;
  }

  get views(): number {
    return this.#views.length;
  }

  /** The view of a sample that an epoch trains on, the next one at each further turn; an epoch of `null` asks for the plain one. */
  viewForEpoch(seed: number, epoch: number | null, index: number, repeat = 0): number {
    return epoch === null || this.views === 1
      ? 0
      : (createRng(seed, 'view', epoch, index).integer(this.views) + repeat) % this.views;
  }

  /** @returns `[n, ...rowShape]` row by row, one view of each of the samples */
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

  /** Some of the samples, in another order; they are there as long as the whole is. */
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
