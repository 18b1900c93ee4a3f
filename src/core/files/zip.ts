import {open, writeFile, type FileHandle} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {crc32} from 'node:zlib';
import {
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type Entry,
  type ZipFile,
} from 'yauzl';
import {defineError, FinetuneError, errorMessage} from '../errors.js';

/** A file that is not a readable zip archive, or lacks an entry. */
export class ZipError extends defineError(
  FinetuneError,
  'ZIP_UNREADABLE',
  (_details: {path: string}, message: string) => message,
) {}

/** What an archive lists about an entry, available before reading it. */
export interface ZipEntry {
  readonly name: string;
  /** Uncompressed size in bytes. */
  readonly size: number;
  readonly isEncrypted: boolean;
  /** Whether the compression method is supported. */
  readonly isSupported: boolean;
  /** File type from the upper bits of the Unix mode (0o12 is a link); 0 if not stored. */
  readonly unixFileType: number;
}

/** Host system of an archive with Unix modes (APPNOTE.TXT 4.4.2). */
const UNIX_HOST = 3;

/** An open zip archive. Entries are decompressed on demand; sizes and checksums are verified while reading. */
export class ZipArchive {
  private constructor(
    readonly path: string,
    /** Size of the archive in bytes. */
    readonly bytes: number,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    /** All entries, including those that share a name. */
    readonly allEntries: readonly ZipEntry[],
  ) {}

  /**
   * @param decodeName called with each name as usually decoded, its bytes, and whether the archive marks them as UTF-8. Without it, names
   * that lead out of a folder are rejected.
   * @throws ZipError for a file that is not a zip archive or is truncated; any error of `decodeName`
   */
  static async open(
    path: string,
    decodeName?: (decoded: string, bytes: Buffer, isUtf8: boolean) => string,
  ): Promise<ZipArchive> {
    const file = await open(path);
    try {
      const {size} = await file.stat();
      const readOptions = {
        autoClose: false,
        lazyEntries: true,
        decodeStrings: decodeName === undefined,
      };
      const zip = await fromRandomAccessReaderPromise(
        new BoundedReader(file, size),
        size,
        readOptions,
      );
      const entries = new Map<string, Entry>();
      const allEntries: ZipEntry[] = [];
      for await (const entry of zip.eachEntry()) {
        const name =
          decodeName === undefined
            ? entry.fileName
            : decodeName(decodedName(entry), entry.fileNameRaw, isUtf8(entry));
        entries.set(name, entry);
        allEntries.push(toZipEntry(entry, name));
      }
      return new ZipArchive(path, size, zip, entries, allEntries);
    } catch (error) {
      await file.close();
      throw toZipError(path, error);
    }
  }

  /** Names of files and directories, in the archive's order. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** Uncompressed size of an entry in bytes. */
  entrySize(name: string): number {
    return this.entry(name).uncompressedSize;
  }

  /** Reads a whole entry into memory. */
  async read(name: string): Promise<Buffer> {
    const entry = this.entry(name);
    try {
      return verifyEntry(entry, await buffer(await this.zip.openReadStreamPromise(entry)));
    } catch (error) {
      throw toZipError(this.path, error, name);
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
      let checksum = 0;
      const source = await this.zip.openReadStreamPromise(entry);
      const withChecksum = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          checksum = crc32(chunk, checksum);
          onBytes?.(chunk.length);
          yield chunk;
        }
      };
      await writeFile(to, withChecksum(), {...(signal && {signal})});
      verifyChecksum(entry, checksum);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw toZipError(this.path, error, name);
    }
  }

  close(): void {
    this.zip.close();
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined)
      throw new ZipError({path: this.path}, `${this.path} has no entry ${name}.`);
    return entry;
  }
}

/** Flag of an entry whose name is UTF-8. */
const UTF8_FLAG = 0x800;
const isUtf8 = (entry: Entry): boolean => (entry.generalPurposeBitFlag & UTF8_FLAG) !== 0;
const decodedName = (entry: Entry): string =>
  getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);

function toZipEntry(entry: Entry, name: string): ZipEntry {
  const isUnix = entry.versionMadeBy >> 8 === UNIX_HOST;
  return {
    ...{name, size: entry.uncompressedSize, isEncrypted: entry.isEncrypted()},
    isSupported: entry.compressionMethod === 0 || entry.compressionMethod === 8,
    unixFileType: isUnix ? entry.externalFileAttributes >>> 28 : 0,
  };
}

/** Bytes read from an entry per chunk. */
const CHUNK_BYTES = 2 ** 20;

/** Bounds-checked reader for yauzl: a broken archive may make it read anywhere, and throw where no handler can catch. */
class BoundedReader extends RandomAccessReader {
  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.fill(buffer.subarray(offset, offset + length), position)
      .then(() => callback(null))
      .catch(callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.chunks(start, end), {objectMode: false});
  }

  override close(callback: (error: Error | null) => void): void {
    this.file.close().then(() => callback(null), callback);
  }

  private async *chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; position += CHUNK_BYTES) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position));
      await this.fill(chunk, position);
      yield chunk;
    }
  }

  private async fill(buffer: Buffer, position: number): Promise<void> {
    const isInside = position >= 0 && position + buffer.length <= this.size;
    const {bytesRead} = isInside
      ? await this.file.read(buffer, 0, buffer.length, position)
      : {bytesRead: 0};
    if (bytesRead < buffer.length) throw new Error(`no ${buffer.length} bytes at ${position}`);
  }
}

function verifyEntry(entry: Entry, bytes: Buffer): Buffer {
  if (bytes.length !== entry.uncompressedSize)
    throw new Error(`${bytes.length} bytes instead of ${entry.uncompressedSize}`);
  verifyChecksum(entry, crc32(bytes));
  return bytes;
}

/** A checksum of 0 means that none was computed: `torch.serialization.set_crc32_options(False)`. */
function verifyChecksum({crc32: expected}: Entry, found: number): void {
  if (expected !== 0 && found !== expected)
    throw new Error('another checksum than the archive names');
}

function toZipError(path: string, error: unknown, name?: string): Error {
  if (error instanceof FinetuneError || (error instanceof Error && 'syscall' in error))
    return error;
  const where = name === undefined ? path : `${path} (${name})`;
  return new ZipError(
    {path, cause: error},
    `${where} is not a whole zip archive: ${errorMessage(error)}. Download the file again.`,
  );
}
