import type {ImageCache} from '../../datasets/cache/image-cache.js';
import type {Sample} from '../../datasets/sample.js';
import {SharedFeatureCache} from '../../training/features/feature-pool.js';
import type {ImageDataset} from '../../training/loop/image-dataset.js';
import type {SuspiciousImages} from '../label-issues.js';

/** Every image decoded, and which show the same. */
export interface DecodedImages {
  readonly cache: ImageCache;
  /** The same for near-duplicates. */
  readonly duplicateGroup: (sample: Sample) => string;
  /** Bytes of memory for decoded pixels and cached features together. */
  readonly cacheBytes: number;
}

/** What the folds of a cross-validation have in common: made by the first that needs it, and closed with the last. */
export class SharedFoldData {
  #images: Promise<DecodedImages> | undefined;
  #pool: SharedFeatureCache | undefined;
  #suspiciousImages: Promise<SuspiciousImages> | undefined;

  /** @param begin called when a fold is about to write, its images and weights known to be usable; more than once */
  constructor(readonly begin: () => Promise<void> = async () => {}) {}

  /** Whether a fold has begun with it. */
  get hasImages(): boolean {
    return this.#images !== undefined;
  }

  /** The images, which a fold need not close. */
  async images(make: () => Promise<DecodedImages>): Promise<DecodedImages> {
    const decoded = await (this.#images ??= make());
    return {...decoded, cache: {...decoded.cache, close: async () => {}}};
  }

  pool(make: () => ImageDataset): SharedFeatureCache {
    return (this.#pool ??= new SharedFeatureCache(make()));
  }

  /** Suspicious images: what every fold trains and validates on together is the same. */
  suspiciousImages(make: () => Promise<SuspiciousImages>): Promise<SuspiciousImages> {
    return (this.#suspiciousImages ??= make());
  }

  async close(): Promise<void> {
    await this.#pool?.close();
    const decoded = await this.#images?.catch(() => undefined);
    await decoded?.cache.close();
  }
}
