import {mkdir, readdir, rm, stat, statfs, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {removeStaleFiles} from './atomic-write.js';

/** Share of the disk space that is free, or taken by such files already, that they may take. */
const DISK_FRACTION = 0.25;

/** What a run that was killed has left unfinished is not written to any more, in milliseconds. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** Files of one kind that runs leave to later runs; the ones that were used longest ago make room for new ones. */
export class LruFileCache {
  readonly #directory: string;
  readonly #matches: (name: string) => boolean;
  readonly #limitBytes: number | undefined;
  /** Made or found by this run: never removed for its own sake. */
  readonly #inUse = new Set<string>();

  /**
   * @param matches whether a file of this name is one of them
   * @param limitBytes default: a quarter of what is free
   * @param sharesLimitWith files that a limit that was given is for as well
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

  /** Marks a file as used now. */
  async markUsed(path: string): Promise<void> {
    this.#inUse.add(path);
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
  }

  /** Bytes that all of them take. */
  async totalBytes(): Promise<number> {
    const files = await this.#files().catch(() => []);
    return files.reduce((sum, {bytes}) => sum + bytes, 0);
  }

  /**
   * Bytes that this run may still write. 0 where there is no such folder to be had.
   * @param requiredBytes bytes that may be written in any case, unless a limit was given
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

  /** Removes what was used longest ago until so much more may be written. @param isRequired see `room` @returns whether it may */
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
