import type {ImageCache} from '../../datasets/cache/image-cache.js';
import type {DuplicateGroups} from '../../datasets/duplicates/duplicate-groups.js';
import {SharedFeatureCache} from '../../training/features/feature-pool.js';
import type {ImageDataset} from '../../training/loop/image-dataset.js';
import type {SuspiciousImages} from '../label-issues.js';

/** All decoded images, and their duplicate groups. */
export interface DecodedImages {
  readonly cache: ImageCache;
  readonly duplicates: DuplicateGroups;
  /** Bytes of memory for decoded pixels and cached features together. */
  readonly cacheBytes: number;
}

/**
 * Data that the folds of a cross-validation share, or the members of an ensemble. The first run that needs it creates it; `close` releases
 * it after the last run.
 */
export class SharedFoldData {
  #images: {readonly key: string; readonly decoded: Promise<DecodedImages>} | undefined;
  #pool: SharedFeatureCache | undefined;
  #suspiciousImages: Promise<SuspiciousImages> | undefined;

  /**
   * @param begin called before a run writes, when its images and weights are known to be usable; may be called repeatedly
   * @param sharesFeatures whether all runs have the same backbone and the same images; otherwise only decoded images are shared
   */
  constructor(
    readonly begin: () => Promise<void> = async () => {},
    readonly sharesFeatures = true,
  ) {}

  /** Whether the images have been requested by a run. */
  get hasImages(): boolean {
    return this.#images !== undefined;
  }

  /**
   * Decoded images. Closing the returned cache has no effect, since the runs share it. Runs come one after another, so images of another key
   * are released.
   * @param key key of the preprocessing
   */
  async images(key: string, make: () => Promise<DecodedImages>): Promise<DecodedImages> {
    if (this.#images?.key !== key) {
      await this.#closeImages();
      this.#images = {key, decoded: make()};
    }
    const decoded = await this.#images.decoded;
    return {...decoded, cache: {...decoded.cache, close: async () => {}}};
  }

  /** Feature cache of all images; undefined if features are not shared. */
  pool(make: () => ImageDataset): SharedFeatureCache | undefined {
    return this.sharesFeatures ? (this.#pool ??= new SharedFeatureCache(make())) : undefined;
  }

  /** Suspicious images. All folds share them, since training and validation images together are the same in every fold. */
  suspiciousImages(make: () => Promise<SuspiciousImages>): Promise<SuspiciousImages> {
    return this.sharesFeatures ? (this.#suspiciousImages ??= make()) : make();
  }

  async close(): Promise<void> {
    await this.#pool?.close();
    await this.#closeImages();
  }

  async #closeImages(): Promise<void> {
    const decoded = await this.#images?.decoded.catch(() => undefined);
    await decoded?.cache.close();
  }
}
