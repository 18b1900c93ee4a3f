import type {Precision} from '../../backend/graph/precision.js';
import type {FeatureFileCache} from './feature-files.js';
import type {SharedFeatureCache} from './feature-pool.js';

export interface FeatureCacheOptions {
  /** Bytes of memory that all tables together may take; larger ones are read from their files. */
  readonly memoryLimitBytes: number;
  /** Where tables are left to later runs; default: nowhere. */
  readonly fileCache?: FeatureFileCache;
  /** Whether feature maps are kept too, and not only the vectors of a wholly frozen backbone; default: true. */
  readonly cachesFeatureMaps?: boolean;
  /** Of the frozen groups; default: fp32. */
  readonly precision?: Precision;
  /** Where tables are shared with other runs that have their samples out of the same images. */
  readonly sharedCache?: SharedFeatureCache;
  readonly signal?: AbortSignal;
  /** Told how many images have been through the frozen groups, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told, in a sentence, that features cannot be kept. They are computed again and again then. */
  readonly onWarning?: (message: string) => void;
  /** Told how many rows were found that an earlier run had made. */
  readonly onReused?: (rows: number) => void;
}
