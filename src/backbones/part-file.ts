import {randomBytes} from 'node:crypto';
import {mkdir, open, readFile, readdir, rename, rm, stat, utimes, writeFile, type FileHandle} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {FinetuneError} from '../core/errors.js';

/** The cache cannot take a file: no room, no permission. */
export class CacheUnwritableError extends FinetuneError {
  override readonly name = 'CacheUnwritableError';
  override readonly code = 'CACHE_UNWRITABLE';

  constructor(
    readonly path: string,
    override readonly cause: NodeJS.ErrnoException,
  ) {
    const full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
    const reason = full ? 'the disk is full' : `that failed with ${cause.code ?? cause.message}`;
    super(
      `Expected to write weights to ${path}, but ${reason}. ${full ? 'Free some space' : 'Make it writable'}, or set FINETUNE_CACHE to another folder.`,
    );
  }
}

/** What a server sends so that a later request can ask for the rest of the very same file. */
export interface Origin {
  readonly url: string;
  /** A strong ETag, or a Last-Modified date. */
  readonly validator?: string;
}

/** A live download writes, or gives up, well before this many milliseconds have passed. */
const ABANDONED_AFTER = 120_000;

/**
 * The bytes of a download under way, and their origin: a folder beside the target, with a name nobody else uses, so that two processes
 * never write to the same bytes. After a failure it becomes `<target>.part`, which whoever comes next renames to his own and resumes.
 */
export class PartFile {
  readonly bytes: string;

  private constructor(
    private readonly target: string,
    private readonly folder: string,
  ) {
    this.bytes = join(folder, 'bytes');
  }

  /** Takes over what an earlier attempt left, or starts empty. */
  static async claim(target: string): Promise<PartFile> {
    const part = new PartFile(target, `${target}.part-${randomBytes(4).toString('hex')}`);
    await part.writing(() => claimFolder(target, part.folder));
    return part;
  }

  /** Bytes there, 0 for none. */
  async size(): Promise<number> {
    return (await stat(this.bytes).catch(() => undefined))?.size ?? 0;
  }

  /** Where the bytes came from; undefined where that is not known for sure. */
  async origin(): Promise<Origin | undefined> {
    try {
      return JSON.parse(await readFile(join(this.folder, 'origin.json'), 'utf8')) as Origin;
    } catch {
      return undefined;
    }
  }

  /** Forgets the bytes; the next ones come from `origin`. */
  async restart(origin: Origin): Promise<void> {
    await this.writing(async () => {
      await writeFile(this.bytes, '');
      await writeFile(join(this.folder, 'origin.json'), JSON.stringify(origin));
    });
  }

  /** Appends chunks as they come; what was written stays when they end in an error. */
  async append(chunks: AsyncIterable<Uint8Array>, onWritten: (bytes: number) => void): Promise<void> {
    const file = await this.writing(() => open(this.bytes, 'a'));
    try {
      for await (const chunk of chunks) {
        await this.writing(() => writeAll(file, chunk));
        onWritten(chunk.byteLength);
      }
    } finally {
      await file.close();
    }
  }

  /** Gives the finished file its name. */
  async finish(): Promise<void> {
    await this.writing(() => rename(this.bytes, this.target));
    await this.discard();
  }

  /** Leaves the bytes for a later attempt. */
  async leave(): Promise<void> {
    if ((await this.size()) === 0) return this.discard();
    await rename(this.folder, `${this.target}.part`).catch(() => this.discard());
  }

  async discard(): Promise<void> {
    await rm(this.folder, {recursive: true, force: true});
  }

  private async writing<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw new CacheUnwritableError(this.target, error as NodeJS.ErrnoException);
    }
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength;) written += (await file.write(chunk, written)).bytesWritten;
}

/** The newest write tells a download that was killed from one that is under way. */
async function isAbandoned(folder: string): Promise<boolean> {
  const bytes = await stat(join(folder, 'bytes')).catch(() => undefined);
  return bytes !== undefined && Date.now() - bytes.mtimeMs > ABANDONED_AFTER;
}

/** Renames what an earlier attempt left behind, so that it is ours alone. */
async function takeOver(left: string, own: string): Promise<boolean> {
  try {
    const now = new Date();
    await utimes(join(left, 'bytes'), now, now);
    await rename(left, own);
    return true;
  } catch {
    // Somebody else was faster.
    return false;
  }
}

async function claimFolder(target: string, own: string): Promise<void> {
  await mkdir(dirname(target), {recursive: true});
  const left = `${target}.part`;
  if (await takeOver(left, own)) return;
  const others = (await readdir(dirname(target))).filter(name => name.startsWith(`${basename(left)}-`));
  for (const other of others.map(name => join(dirname(target), name))) {
    if ((await isAbandoned(other)) && (await takeOver(other, own))) return;
  }
  await mkdir(own);
}
