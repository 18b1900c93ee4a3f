import {mkdir, readdir, rm, stat, statfs, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {removeStaleFiles} from './atomic-write.js';

/** Fraction of the disk space that these files may take. The base is the free space plus the space they already use. */
const DISK_FRACTION = 0.25;

/** Age in milliseconds after which an unfinished file of a killed run counts as abandoned. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** A cache of files that later runs reuse. The least recently used ones are evicted. */
export class LruFileCache {
  readonly #directory: string;
  readonly #matches: (name: string) => boolean;
  readonly #limitBytes: number | undefined;
  /** Files that this run created or used. They are never evicted. */
  readonly #inUse = new Set<string>();

  /**
   * @param matches whether a file name belongs to this cache
   * @param limitBytes default: a quarter of the free disk space
   * @param sharesLimitWith another cache that counts toward the same explicit limit
   */
  constructor(
    directory: string,
    matches: (name: string) => boolean,
    limitBytes?: number,
    readonly sharesLimitWith?: LruFileCache,
  ) {
    this.#directory = directory;
    this.#matches = matches;
    this.#limitBytes = limitBytes;
  }

  async markUsed(path: string): Promise<void> {
    this.#inUse.add(path);
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
  }

  /** Total size of the cached files in bytes. */
  async totalBytes(): Promise<number> {
    const files = await this.#files().catch(() => []);
    return files.reduce((sum, {bytes}) => sum + bytes, 0);
  }

  /**
   * Bytes that this run may still write. 0 if the folder cannot be created.
   * @param requiredBytes bytes that may always be written, unless a limit was given
   */
  async availableBytes(requiredBytes = 0): Promise<number> {
    try {
      await mkdir(this.#directory, {recursive: true});
      await removeStaleFiles(this.#directory);
      const filesInUse = (await this.#files()).filter(({path}) => this.#inUse.has(path));
      return Math.max(
        0,
        (await this.#limit(requiredBytes)) - filesInUse.reduce((sum, {bytes}) => sum + bytes, 0),
      );
    } catch {
      return 0;
    }
  }

  /** Evicts the least recently used files until `bytes` more fit. @param isRequired see `availableBytes` @returns whether they fit */
  async evictFor(bytes: number, isRequired = false): Promise<boolean> {
    const requiredBytes = isRequired ? bytes : 0;
    if ((await this.availableBytes(requiredBytes)) < bytes) return false;
    const limit = await this.#limit(requiredBytes);
    const files = (await this.#files()).sort((a, b) => a.usedAt - b.usedAt);
    let usedBytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.filter(({path}) => !this.#inUse.has(path))) {
      if (usedBytes + bytes <= limit) break;
      await rm(file.path, {force: true});
      usedBytes -= file.bytes;
    }
    return true;
  }

  async #limit(requiredBytes: number): Promise<number> {
    if (this.#limitBytes !== undefined)
      return this.#limitBytes - ((await this.sharesLimitWith?.totalBytes()) ?? 0);
    const {bavail, bsize} = await statfs(this.#directory);
    return Math.max(requiredBytes, DISK_FRACTION * (bavail * bsize + (await this.totalBytes())));
  }

  async #files(): Promise<CachedFile[]> {
    const names = await readdir(this.#directory);
    const files = await Promise.all(
      names.map(async name => {
        const path = join(this.#directory, name);
        const stats = await stat(path).catch(() => undefined);
        if (stats === undefined) return [];
        const isUnrelated =
          !this.#matches(name) &&
          !(
            this.#matches(name.replace(/\.\d+\.part$/, '')) &&
            Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS
          );
        return isUnrelated ? [] : [{path, bytes: stats.size, usedAt: stats.mtimeMs}];
      }),
    );
    return files.flat();
  }
}
