import type {Sample} from '../../datasets/sample.js';
import type {FeatureTable} from './feature-table.js';
import type {ImageDataset} from '../loop/image-dataset.js';

/**
 * Feature tables shared by runs that start from the same backbone and differ in their splits. Each table holds the features of all images,
 * and a run uses a subset. The caller closes it.
 */
export class SharedFeatureCache {
  readonly #indices: ReadonlyMap<string, number>;
  readonly #tables = new Map<string, FeatureTable>();

  /** @param source all images, in an order that is the same for every run */
  constructor(readonly source: ImageDataset) {
    this.#indices = new Map(source.samples.map(({name}, index) => [name, index]));
  }

  /** Bytes of memory that the tables use. */
  get memoryBytes(): number {
    return [...this.#tables.values()].reduce((sum, table) => sum + table.memoryBytes, 0);
  }

  /** Indices of samples among all images. */
  indicesOf(samples: readonly Sample[]): number[] {
    return samples.map(({name}) => this.#indices.get(name)!);
  }

  get(key: string): FeatureTable | undefined {
    return this.#tables.get(key);
  }

  add(key: string, table: FeatureTable): void {
    this.#tables.set(key, table);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#tables.values()].map(table => table.close()));
    this.#tables.clear();
  }
}
