import {join} from 'node:path';
import {LruFileCache} from '../../core/files/lru-file-cache.js';

/** Cache of feature files. */
export class FeatureFileCache extends LruFileCache {
  /** @param limitBytes default: a quarter of the free space; @param sharesLimitWith files that an explicit limit also covers */
  constructor(
    readonly directory: string,
    limitBytes?: number,
    sharesLimitWith?: LruFileCache,
  ) {
    super(directory, name => name.endsWith('.features'), limitBytes, sharesLimitWith);
  }

  path(key: string): string {
    return join(this.directory, `${key.slice(0, 32)}.features`);
  }
}
