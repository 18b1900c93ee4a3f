import type {Precision} from '../../backend/graph/precision.js';
import type {FeatureFileCache} from './feature-files.js';
import type {SharedFeatureCache} from './feature-pool.js';

export interface FeatureCacheOptions {
  /** Bytes of memory for all tables together. Larger tables are read from files. */
  readonly memoryLimitBytes: number;
  /** File cache for later runs. Default: none. */
  readonly fileCache?: FeatureFileCache;
  /** Whether to cache feature maps too, and not only pooled features of a fully frozen backbone. Default: true. */
  readonly cachesFeatureMaps?: boolean;
  /** Precision of the frozen groups. Default: fp32. */
  readonly precision?: Precision;
  /** Cache shared with other runs that sample from the same images. */
  readonly sharedCache?: SharedFeatureCache;
  readonly signal?: AbortSignal;
  /** Called with the number of finished and total images. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with a message if features cannot be cached. They are then computed again in every epoch. */
  readonly onWarning?: (message: string) => void;
  /** Called with the number of rows found in the cache of an earlier run. */
  readonly onReused?: (rows: number) => void;
}
