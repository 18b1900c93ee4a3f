import {join} from 'node:path';
import {LruFileCache} from '../../core/files/lru-file-cache.js';

/** Files of features. */
export class FeatureFileCache extends LruFileCache {
  /** @param limitBytes default: a quarter of what is free; @param sharesLimitWith files that a limit that was given is for as well */
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
