import {once} from 'node:events';
import {createReadStream, createWriteStream, mkdirSync, type WriteStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream';
import {finished} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';
import {Parser, type ReadEntry} from 'tar';
import {AbortedError, throwIfAborted} from '../../core/errors.js';
import {readHead} from '../images/read-bytes.js';
import {ArchiveError, corruptArchiveError, unsafeArchiveError} from './archive-error.js';
import type {EntryTargets} from './entry-paths.js';
import type {UnpackOptions} from './unpack-zip.js';

const FILES: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];
const FOLDERS: readonly string[] = ['Directory', 'GNUDumpDir'];
const LINKS: readonly string[] = ['Link', 'SymbolicLink'];

/** Writes the entries of a tar archive while it is read. */
class TarExtractor {
  readonly targets: string[] = [];
  readonly #parser: Parser;
  readonly #openFiles = new Map<WriteStream, Promise<void>>();
  /** Whether an empty block was read. An archive that ends right after an entry may be truncated. */
  #isWhole = false;
  #wake: () => void = () => undefined;
  /** The first error. */
  failure: unknown;

  constructor(
    private readonly path: string,
    private readonly folder: string,
    private readonly entryTargets: EntryTargets,
  ) {
    this.#parser = new Parser({strict: true, gzip: false});
    this.#parser.on('entry', (entry: ReadEntry) => this.#tryExtract(entry));
    this.#parser.on('ignoredEntry', ({path: name}: ReadEntry) =>
      this.#fail(unsafeArchiveError(this.path, `has an entry of an unknown kind, ${name}`)),
    );
    this.#parser.on('error', error => this.#fail(error));
    this.#parser.on('drain', () => this.#wake());
    this.#parser.on('nullBlock', () => (this.#isWhole = true));
  }

  #fail(error: unknown): void {
    this.failure ??= error;
    this.#wake();
  }

  #tryExtract(entry: ReadEntry): void {
    try {
      if (this.failure === undefined) this.#extract(entry);
    } catch (error) {
      this.#fail(error);
    }
    if (this.failure !== undefined) entry.resume();
  }

  #extract(entry: ReadEntry): void {
    const name = entry.path;
    if (LINKS.includes(entry.type)) throw unsafeArchiveError(this.path, `has a link, ${name}`);
    const isFolder = FOLDERS.includes(entry.type) || name.endsWith('/');
    if (!isFolder && !FILES.includes(entry.type))
      throw unsafeArchiveError(
        this.path,
        `has an entry that is neither a file nor a folder, ${name}`,
      );
    const target = this.entryTargets.target(name, isFolder, entry.size);
    if (target === undefined) return void entry.resume();
    this.targets.push(target);
    const outputPath = join(this.folder, target);
    mkdirSync(isFolder ? outputPath : dirname(outputPath), {recursive: true});
    if (isFolder) return void entry.resume();
    const file = createWriteStream(outputPath, {flags: 'wx'});
    const written = finished(file).catch((error: unknown) => this.#fail(error));
    this.#openFiles.set(
      file,
      written.then(() => void this.#openFiles.delete(file)),
    );
    entry.pipe(file);
  }

  /** Passes a chunk to the parser, and waits while writing files is slower than reading the archive. */
  async write(chunk: Buffer): Promise<void> {
    if (!this.#parser.write(chunk) && this.failure === undefined)
      await new Promise<void>(resolve => (this.#wake = resolve));
    if (this.failure !== undefined) throw this.failure;
  }

  /** Closes all open files. */
  async abandon(): Promise<void> {
    for (const file of this.#openFiles.keys()) file.destroy();
    await Promise.all(this.#openFiles.values());
  }

  async end(): Promise<void> {
    const ended = once(this.#parser, 'end');
    this.#parser.end();
    await ended;
    await Promise.all(this.#openFiles.values());
    if (this.failure !== undefined) throw this.failure;
    if (!this.#isWhole) throw new Error('no empty block at the end');
  }
}

/** Chunks of an archive, decompressed. The parser could decompress too, but has no backpressure then. */
async function* readChunks(path: string, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const isGzip = (await readHead(path, 2)).equals(Buffer.from([0x1f, 0x8b]));
  const file = createReadStream(path, {highWaterMark: 2 ** 18});
  file.on('data', chunk => onBytes(chunk.length));
  if (!isGzip) return yield* file as AsyncIterable<Buffer>;
  const gunzip = createGunzip();
  pipeline(file, gunzip, () => undefined); // unlike pipe, pipeline propagates read errors of the file
  yield* gunzip as AsyncIterable<Buffer>;
}

const isSystemCallError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** Unpacks a tar archive, optionally compressed with gzip. @throws ArchiveError, AbortedError */
export async function unpackTar(
  path: string,
  folder: string,
  targets: EntryTargets,
  {signal, onBytes}: UnpackOptions,
): Promise<string[]> {
  const writer = new TarExtractor(path, folder, targets);
  const {size} = await stat(path);
  let bytesDone = 0;
  try {
    for await (const chunk of readChunks(path, count => onBytes?.((bytesDone += count), size))) {
      throwIfAborted(signal);
      await writer.write(chunk);
    }
    await writer.end();
  } catch (error) {
    await writer.abandon();
    throw error instanceof ArchiveError || error instanceof AbortedError || isSystemCallError(error)
      ? error
      : corruptArchiveError(path, error);
  }
  return writer.targets;
}
