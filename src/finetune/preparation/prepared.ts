import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import type {ImageCache} from '../../datasets/cache/image-cache.js';
import type {Sample} from '../../datasets/sample.js';
import type {Split} from '../../datasets/splitting/splits.js';
import type {Classifier} from '../../heads/classifier.js';
import type {ImageDataset} from '../../training/loop/image-dataset.js';

/** Starting point of a run: a classifier with a new head, and all images decoded. The caller closes the cache. */
export interface Prepared {
  readonly classifier: Classifier;
  /** Published weights that the backbone started from, if known. */
  readonly pretrained?: PretrainedWeights;
  readonly split: Split;
  readonly cache: ImageCache;
  /** Bytes of memory for decoded pixels and cached features together. */
  readonly cacheBytes: number;
  /** Key of a sample's duplicate group. Near-duplicates have the same key. */
  readonly duplicateGroup: (sample: Sample) => string;
  sourceOf(samples: readonly Sample[]): ImageDataset;
}
