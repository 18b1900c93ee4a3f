import {once} from 'node:events';
import {createReadStream, createWriteStream, mkdirSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {finished} from 'node:stream/promises';
import {Parser, type ReadEntry} from 'tar';
import {AbortedError} from '../../core/errors.js';
import {ArchiveError, cutOff, strange} from './archive-error.js';
import type {EntryPlaces} from './entry-places.js';
import type {Unpacking} from './unpack-zip.js';

const FILES: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];
const FOLDERS: readonly string[] = ['Directory', 'GNUDumpDir'];
const LINKS: readonly string[] = ['Link', 'SymbolicLink'];

/** Writes what a tar archive holds as it is read. */
class TarWriter {
  readonly places: string[] = [];
  readonly #parser: Parser;
  readonly #writing = new Set<Promise<void>>();
  /** The first thing that went wrong. */
  fault: unknown;

  constructor(
    private readonly path: string,
    private readonly folder: string,
    private readonly allowed: EntryPlaces,
  ) {
    this.#parser = new Parser({strict: true});
    this.#parser.on('entry', (entry: ReadEntry) => this.#attempt(entry));
    this.#parser.on('ignoredEntry', ({path: name}: ReadEntry) => {
      this.fault ??= strange(this.path, `has an entry of an unknown kind, ${name}`);
    });
    this.#parser.on('error', error => (this.fault ??= error));
  }

  #attempt(entry: ReadEntry): void {
    try {
      if (this.fault === undefined) this.#take(entry);
    } catch (error) {
      this.fault ??= error;
    }
    if (this.fault !== undefined) entry.resume();
  }

  #take(entry: ReadEntry): void {
    const name = entry.path;
    if (LINKS.includes(entry.type)) throw strange(this.path, `has a link, ${name}`);
    const isFolder = FOLDERS.includes(entry.type) || name.endsWith('/');
    if (!isFolder && !FILES.includes(entry.type)) throw strange(this.path, `has an entry that is neither a file nor a folder, ${name}`);
    const place = this.allowed.place(name, isFolder, entry.size);
    if (place === undefined) return void entry.resume();
    this.places.push(place);
    const to = join(this.folder, place);
    mkdirSync(isFolder ? to : dirname(to), {recursive: true});
    if (isFolder) return void entry.resume();
    const file = createWriteStream(to, {flags: 'wx'});
    const written = finished(file).catch((error: unknown) => {
      this.fault ??= error;
      entry.unpipe(file);
      entry.resume();
    });
    this.#writing.add(written);
    void written.then(() => this.#writing.delete(written));
    entry.pipe(file);
  }

  async write(chunk: Buffer): Promise<void> {
    if (!this.#parser.write(chunk) && this.fault === undefined) await Promise.race([once(this.#parser, 'drain'), this.#failed()]);
    if (this.fault !== undefined) throw this.fault;
  }

  /** While the parser waits for a file, that may fail. */
  async #failed(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async end(): Promise<void> {
    const ended = once(this.#parser, 'end');
    this.#parser.end();
    await ended;
    await Promise.all(this.#writing);
    if (this.fault !== undefined) throw this.fault;
  }
}

const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** Unpacks a tar archive, compressed with gzip or not. @throws ArchiveError, AbortedError */
export async function unpackTar(path: string, folder: string, places: EntryPlaces, {signal, onBytes}: Unpacking): Promise<string[]> {
  const writer = new TarWriter(path, folder, places);
  const {size} = await stat(path);
  let done = 0;
  try {
    for await (const chunk of createReadStream(path, {highWaterMark: 2 ** 18}) as AsyncIterable<Buffer>) {
      if (signal?.aborted) throw new AbortedError();
      await writer.write(chunk);
      onBytes?.((done += chunk.length), size);
    }
    await writer.end();
  } catch (error) {
    throw error instanceof ArchiveError || error instanceof AbortedError || isOfSystem(error) ? error : cutOff(path, error);
  }
  return writer.places;
}
