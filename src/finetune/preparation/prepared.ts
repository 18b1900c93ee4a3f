import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import type {ImageCache} from '../../datasets/cache/image-cache.js';
import type {Sample} from '../../datasets/sample.js';
import type {Split} from '../../datasets/splitting/splits.js';
import type {Classifier} from '../../heads/classifier.js';
import type {ImageDataset} from '../../training/loop/image-dataset.js';

/** What a run starts from: a classifier with a new head, and every image decoded. Whoever gets it closes the cache. */
export interface Prepared {
  readonly classifier: Classifier;
  /** Of the weights the backbone started from, where they are known. */
  readonly pretrained?: PretrainedWeights;
  readonly split: Split;
  readonly cache: ImageCache;
  /** Bytes of memory for decoded pixels and cached features together. */
  readonly cacheBytes: number;
  sourceOf(samples: readonly Sample[]): ImageDataset;
}
