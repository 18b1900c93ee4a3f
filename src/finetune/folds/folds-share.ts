import type {ImageCache} from '../../datasets/cache/image-cache.js';
import type {Sample} from '../../datasets/sample.js';
import {SharedFeatureCache} from '../../training/features/feature-pool.js';
import type {ImageDataset} from '../../training/loop/image-dataset.js';
import type {SuspiciousImages} from '../label-issues.js';

/** All decoded images, and their duplicate groups. */
export interface DecodedImages {
  readonly cache: ImageCache;
  /** Key of a sample's duplicate group. Near-duplicates have the same key. */
  readonly duplicateGroup: (sample: Sample) => string;
  /** Bytes of memory for decoded pixels and cached features together. */
  readonly cacheBytes: number;
}

/** Data that the folds of a cross-validation share. The first fold that needs it creates it; `close` releases it after the last fold. */
export class SharedFoldData {
  #images: Promise<DecodedImages> | undefined;
  #pool: SharedFeatureCache | undefined;
  #suspiciousImages: Promise<SuspiciousImages> | undefined;

  /** @param begin called before a fold writes, when its images and weights are known to be usable; may be called repeatedly */
  constructor(readonly begin: () => Promise<void> = async () => {}) {}

  /** Whether the images have been requested by a fold. */
  get hasImages(): boolean {
    return this.#images !== undefined;
  }

  /** Decoded images. Closing the returned cache has no effect, since the folds share it. */
  async images(make: () => Promise<DecodedImages>): Promise<DecodedImages> {
    const decoded = await (this.#images ??= make());
    return {...decoded, cache: {...decoded.cache, close: async () => {}}};
  }

  pool(make: () => ImageDataset): SharedFeatureCache {
    return (this.#pool ??= new SharedFeatureCache(make()));
  }

  /** Suspicious images. All folds share them, since training and validation images together are the same in every fold. */
  suspiciousImages(make: () => Promise<SuspiciousImages>): Promise<SuspiciousImages> {
    return (this.#suspiciousImages ??= make());
  }

  async close(): Promise<void> {
    await this.#pool?.close();
    const decoded = await this.#images?.catch(() => undefined);
    await decoded?.cache.close();
  }
}
