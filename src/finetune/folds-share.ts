import type {ImageCache} from '../datasets/image-cache.js';
import type {Sample} from '../datasets/image-folder.js';
import {FeaturePool} from '../training/feature-pool.js';
import type {PictureSource} from '../training/pictures.js';
import type {OddSamples} from './suspects.js';

/** Every image decoded, and which show the same. */
export interface DecodedImages {
  readonly cache: ImageCache;
  /** The same for near-duplicates. */
  readonly photograph: (sample: Sample) => string;
  /** Bytes of memory for decoded pixels and cached features together. */
  readonly cacheBytes: number;
}

/** What the folds of a cross-validation have in common: made by the first that needs it, and closed with the last. */
export class FoldsShare {
  #images: Promise<DecodedImages> | undefined;
  #pool: FeaturePool | undefined;
  #odd: Promise<OddSamples> | undefined;

  /** @param begin called when a fold is about to write, its images and weights known to be usable; more than once */
  constructor(readonly begin: () => Promise<void> = async () => {}) {}

  /** Whether a fold has begun with it. */
  get isMade(): boolean {
    return this.#images !== undefined;
  }

  /** The images, which a fold need not close. */
  async images(make: () => Promise<DecodedImages>): Promise<DecodedImages> {
    const decoded = await (this.#images ??= make());
    return {...decoded, cache: {...decoded.cache, close: async () => {}}};
  }

  pool(make: () => PictureSource): FeaturePool {
    return (this.#pool ??= new FeaturePool(make()));
  }

  /** Odd images: what every fold trains and validates on together is the same. */
  odd(make: () => Promise<OddSamples>): Promise<OddSamples> {
    return (this.#odd ??= make());
  }

  async close(): Promise<void> {
    await this.#pool?.close();
    const decoded = await this.#images?.catch(() => undefined);
    await decoded?.cache.close();
  }
}
