import {join} from 'node:path';
import {CacheFiles} from '../core/cache-files.js';

/** Files of features. */
export class FeatureFiles extends CacheFiles {
  /** @param limitBytes a quarter of what is free unless told; @param others files that a limit that was told is for as well */
  constructor(
    readonly directory: string,
    limitBytes?: number,
    others?: CacheFiles,
  ) {
    super(directory, name => name.endsWith('.features'), limitBytes, others);
  }

  path(key: string): string {
    return join(this.directory, `${key.slice(0, 32)}.features`);
  }
}
