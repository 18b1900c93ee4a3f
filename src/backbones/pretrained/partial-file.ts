import {randomBytes} from 'node:crypto';
import {
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {defineError, FinetuneError} from '../../core/errors.js';

/** The cache cannot store a file: no space or no permission. */
export class CacheNotWritableError extends defineError(
  FinetuneError,
  'CACHE_NOT_WRITABLE',
  ({path, cause}: {path: string; cause: NodeJS.ErrnoException}) => {
    const isDiskFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
    const reason = isDiskFull
      ? 'the disk is full'
      : `the system reports ${cause.code ?? cause.message}`;
    return `Weights cannot be written to ${path}: ${reason}. ${isDiskFull ? 'Free some space' : 'Make it writable'}, or set FINETUNE_CACHE to another folder.`;
  },
) {}

/** Origin of a partial file, so that a later request can ask for the rest of the same file. */
export interface DownloadOrigin {
  readonly url: string;
  /** A strong ETag, or a Last-Modified date. */
  readonly validator?: string;
}

/** Milliseconds without a write after which a download counts as abandoned. A live download writes or gives up well before. */
const ABANDONED_AFTER_MS = 120_000;

/**
 * A download in progress: its bytes and their origin, in a folder next to the target with a unique name, so that two processes never write
 * to the same bytes. After a failure it becomes `<target>.part`. The next download renames that to its own folder and resumes.
 */
export class PartialFile {
  readonly bytes: string;

  private constructor(
    private readonly target: string,
    private readonly directory: string,
  ) {
    this.bytes = join(directory, 'bytes');
  }

  /** Claims the partial file of an earlier attempt, or starts an empty one. */
  static async claim(target: string): Promise<PartialFile> {
    const partialFile = new PartialFile(target, `${target}.part-${randomBytes(4).toString('hex')}`);
    await partialFile.withCacheErrors(() => claimDirectory(target, partialFile.directory));
    return partialFile;
  }

  /** Number of bytes downloaded; 0 if there are none. */
  async size(): Promise<number> {
    return (await stat(this.bytes).catch(() => undefined))?.size ?? 0;
  }

  /** Origin of the bytes; undefined if unknown. */
  async origin(): Promise<DownloadOrigin | undefined> {
    try {
      return JSON.parse(
        await readFile(join(this.directory, 'origin.json'), 'utf8'),
      ) as DownloadOrigin;
    } catch {
      return undefined;
    }
  }

  /** Discards the bytes. The next ones come from `origin`. */
  async restart(origin: DownloadOrigin): Promise<void> {
    await this.withCacheErrors(async () => {
      await writeFile(this.bytes, '');
      await writeFile(join(this.directory, 'origin.json'), JSON.stringify(origin));
    });
  }

  /** Appends chunks as they arrive. If they end in an error, the bytes written so far stay. */
  async append(
    chunks: AsyncIterable<Uint8Array>,
    onWritten: (bytes: number) => void,
  ): Promise<void> {
    const file = await this.withCacheErrors(() => open(this.bytes, 'a'));
    try {
      for await (const chunk of chunks) {
        await this.withCacheErrors(() => writeAll(file, chunk));
        onWritten(chunk.byteLength);
      }
    } finally {
      await file.close();
    }
  }

  /** Renames the complete file to its target. */
  async complete(): Promise<void> {
    await this.withCacheErrors(() => rename(this.bytes, this.target));
    await this.discard();
  }

  /** Keeps the bytes for a later attempt. */
  async release(): Promise<void> {
    if ((await this.size()) === 0) return this.discard();
    await rename(this.directory, `${this.target}.part`).catch(() => this.discard());
  }

  async discard(): Promise<void> {
    await rm(this.directory, {recursive: true, force: true});
  }

  private async withCacheErrors<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw new CacheNotWritableError({path: this.target, cause: error as NodeJS.ErrnoException});
    }
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength;)
    written += (await file.write(chunk, written)).bytesWritten;
}

/** Whether a download was killed, judged by its last write. */
async function isAbandoned(directory: string): Promise<boolean> {
  const bytes = await stat(join(directory, 'bytes')).catch(() => undefined);
  return bytes !== undefined && Date.now() - bytes.mtimeMs > ABANDONED_AFTER_MS;
}

/** Renames the leftover of an earlier attempt, so that no other process can use it. */
async function claimExisting(leftover: string, ownDirectory: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(join(leftover, 'bytes'), now, now);
    await rename(leftover, ownDirectory);
    return true;
  } catch {
    // Another process was faster.
    return false;
  }
}

async function claimDirectory(target: string, ownDirectory: string): Promise<void> {
  await mkdir(dirname(target), {recursive: true});
  const leftover = `${target}.part`;
  if (await claimExisting(leftover, ownDirectory)) return;
  const others = (await readdir(dirname(target))).filter(name =>
    name.startsWith(`${basename(leftover)}-`),
  );
  for (const other of others.map(name => join(dirname(target), name))) {
    if ((await isAbandoned(other)) && (await claimExisting(other, ownDirectory))) return;
  }
  await mkdir(ownDirectory);
}
