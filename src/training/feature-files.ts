import {mkdir, readdir, rm, stat, statfs, utimes} from 'node:fs/promises';
import {join} from 'node:path';

/** Share of the disk space that is free, or taken by features already, that features may take. */
const SHARE = 0.25;

/** What a run that was killed has left unfinished is not written to any more, in milliseconds. */
const ABANDONED = 24 * 3_600_000;

interface FeatureFile {
  readonly path: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** Files of features that runs leave to later runs; the ones that were used longest ago make room for new ones. */
export class FeatureFiles {
  readonly #directory: string;
  readonly #limitBytes: number | undefined;
  /** Made or found by this run: never removed for its own sake. */
  readonly #inUse = new Set<string>();

  /** @param limitBytes a quarter of what is free unless told */
  constructor(directory: string, limitBytes?: number) {
    this.#directory = directory;
    this.#limitBytes = limitBytes;
  }

  path(key: string): string {
    return join(this.#directory, `${key.slice(0, 32)}.features`);
  }

  /** Marks a file as used now. */
  async use(path: string): Promise<void> {
    this.#inUse.add(path);
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
  }

  /** Bytes that this run may still write. 0 where there is no such folder to be had. */
  async room(): Promise<number> {
    try {
      await mkdir(this.#directory, {recursive: true});
      const kept = (await this.#files()).filter(({path}) => this.#inUse.has(path));
      return Math.max(0, (await this.#limit()) - kept.reduce((sum, {bytes}) => sum + bytes, 0));
    } catch {
      return 0;
    }
  }

  /** Removes what was used longest ago until so much more may be written. @returns whether it may */
  async makeRoom(bytes: number): Promise<boolean> {
    if ((await this.room()) < bytes) return false;
    const limit = await this.#limit();
    const files = (await this.#files()).sort((a, b) => a.usedAt - b.usedAt);
    let taken = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.filter(({path}) => !this.#inUse.has(path))) {
      if (taken + bytes <= limit) break;
      await rm(file.path, {force: true});
      taken -= file.bytes;
    }
    return true;
  }

  async #limit(): Promise<number> {
    if (this.#limitBytes !== undefined) return this.#limitBytes;
    const {bavail, bsize} = await statfs(this.#directory);
    return SHARE * (bavail * bsize + (await this.#files()).reduce((sum, {bytes}) => sum + bytes, 0));
  }

  async #files(): Promise<FeatureFile[]> {
    const names = await readdir(this.#directory);
    const files = await Promise.all(
      names.map(async name => {
        const path = join(this.#directory, name);
        const found = await stat(path).catch(() => undefined);
        if (found === undefined) return [];
        const isOther = !name.endsWith('.features') && Date.now() - found.mtimeMs < ABANDONED;
        return isOther ? [] : [{path, bytes: found.size, usedAt: found.mtimeMs}];
      }),
    );
    return files.flat();
  }
}
