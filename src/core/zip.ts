import {createWriteStream} from 'node:fs';
import {buffer} from 'node:stream/consumers';
import {pipeline} from 'node:stream/promises';
import {openPromise, type Entry, type ZipFile} from 'yauzl';
import {FinetuneError, messageOf} from './errors.js';

/** A file that is not a readable zip archive, or lacks an entry. */
export class ZipError extends FinetuneError {
  override readonly name = 'ZipError';
  override readonly code = 'ZIP_UNREADABLE';

  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An open zip archive. Nothing is decompressed before it is asked for; sizes and checksums are verified while reading. */
export class ZipArchive {
  private constructor(
    readonly path: string,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws ZipError for a file that is no zip archive, or a truncated one */
  static async open(path: string): Promise<ZipArchive> {
    let zip: ZipFile | undefined;
    try {
      zip = await openPromise(path, {autoClose: false, lazyEntries: true});
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      return new ZipArchive(path, zip, entries);
    } catch (error) {
      zip?.close();
      throw unreadable(path, error);
    }
  }

  /** Names of the files and directories inside, in the archive's order. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** Size in bytes of an entry, uncompressed. */
  sizeOf(name: string): number {
    return this.entry(name).uncompressedSize;
  }

  /** A whole entry in memory. */
  async read(name: string): Promise<Buffer> {
    const entry = this.entry(name);
    try {
      return await buffer(await this.zip.openReadStreamPromise(entry));
    } catch (error) {
      throw unreadable(this.path, error, name);
    }
  }

  /** Streams an entry into a file. @param onBytes called with the size of each chunk written */
  async extract(
    name: string,
    to: string,
    {onBytes, signal}: {onBytes?: (bytes: number) => void; signal?: AbortSignal} = {},
  ): Promise<void> {
    const entry = this.entry(name);
    try {
      const source = await this.zip.openReadStreamPromise(entry);
      if (onBytes !== undefined) source.on('data', (chunk: Buffer) => onBytes(chunk.length));
      await pipeline(source, createWriteStream(to), {...(signal && {signal})});
    } catch (error) {
      if (signal?.aborted) throw error;
      throw unreadable(this.path, error, name);
    }
  }

  close(): void {
    this.zip.close();
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new ZipError(this.path, `Expected ${name} in ${this.path}, but found no such entry.`);
    return entry;
  }
}

function unreadable(path: string, error: unknown, name?: string): Error {
  if (error instanceof Error && 'syscall' in error) return error;
  const where = name === undefined ? path : `${path} (${name})`;
  return new ZipError(path, `Expected a whole zip archive in ${where}, but found ${messageOf(error)}. Fetch the file again.`, {
    cause: error,
  });
}
