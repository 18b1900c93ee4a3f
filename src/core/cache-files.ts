import {mkdir, readdir, rm, stat, statfs, utimes} from 'node:fs/promises';
import {join} from 'node:path';
import {sweep} from './write-file.js';

/** Share of the disk space that is free, or taken by such files already, that they may take. */
const SHARE = 0.25;

/** What a run that was killed has left unfinished is not written to any more, in milliseconds. */
const ABANDONED = 24 * 3_600_000;

interface CacheFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** Files of one kind that runs leave to later runs; the ones that were used longest ago make room for new ones. */
export class CacheFiles {
  readonly #directory: string;
  readonly #isOne: (name: string) => boolean;
  readonly #limitBytes: number | undefined;
  /** Made or found by this run: never removed for its own sake. */
  readonly #inUse = new Set<string>();

  /**
   * @param isOne whether a file of this name is one of them
   * @param limitBytes a quarter of what is free unless told
   * @param others files that a limit that was told is for as well
   */
  constructor(
    directory: string,
    isOne: (name: string) => boolean,
    limitBytes?: number,
    readonly others?: CacheFiles,
  ) {
    this.#directory = directory;
    this.#isOne = isOne;
    this.#limitBytes = limitBytes;
  }

  /** Marks a file as used now. */
  async use(path: string): Promise<void> {
    this.#inUse.add(path);
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
  }

  /** Bytes that all of them take. */
  async size(): Promise<number> {
    const files = await this.#files().catch(() => []);
    return files.reduce((sum, {bytes}) => sum + bytes, 0);
  }

  /**
   * Bytes that this run may still write. 0 where there is no such folder to be had.
   * @param needed bytes that may be written in any case, unless a limit was told
   */
  async room(needed = 0): Promise<number> {
    try {
      await mkdir(this.#directory, {recursive: true});
      await sweep(this.#directory);
      const kept = (await this.#files()).filter(({path}) => this.#inUse.has(path));
      return Math.max(0, (await this.#limit(needed)) - kept.reduce((sum, {bytes}) => sum + bytes, 0));
    } catch {
      return 0;
    }
  }

  /** Removes what was used longest ago until so much more may be written. @param isNeeded see `room` @returns whether it may */
  async makeRoom(bytes: number, isNeeded = false): Promise<boolean> {
    const needed = isNeeded ? bytes : 0;
    if ((await this.room(needed)) < bytes) return false;
    const limit = await this.#limit(needed);
    const files = (await this.#files()).sort((a, b) => a.usedAt - b.usedAt);
    let taken = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.filter(({path}) => !this.#inUse.has(path))) {
      if (taken + bytes <= limit) break;
      await rm(file.path, {force: true});
      taken -= file.bytes;
    }
    return true;
  }

  async #limit(needed: number): Promise<number> {
    if (this.#limitBytes !== undefined) return this.#limitBytes - ((await this.others?.size()) ?? 0);
    const {bavail, bsize} = await statfs(this.#directory);
    return Math.max(needed, SHARE * (bavail * bsize + (await this.size())));
  }

  async #files(): Promise<CacheFile[]> {
    const names = await readdir(this.#directory);
    const files = await Promise.all(
      names.map(async name => {
        const path = join(this.#directory, name);
        const found = await stat(path).catch(() => undefined);
        if (found === undefined) return [];
        const isAnother = !this.#isOne(name) && !(this.#isOne(name.replace(/\.\d+\.part$/, '')) && Date.now() - found.mtimeMs > ABANDONED);
        return isAnother ? [] : [{path, bytes: found.size, usedAt: found.mtimeMs}];
      }),
    );
    return files.flat();
  }
}
