import {createHash} from 'node:crypto';
import type {Stats} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import type {FileLook, Picture} from './inspected-file.js';
import {openChecksummedFile, writeChecksummedFile} from '../../core/files/checksummed-file.js';
import {FINGERPRINT_SIDE} from '../duplicates/fingerprint.js';

/** Counted up when the same file comes to look otherwise. */
const VERSION = 2;

const PRINT_BYTES = FINGERPRINT_SIDE * FINGERPRINT_SIDE;

type State = Pick<Stats, 'size' | 'mtimeMs'>;

interface Entry extends State {
  readonly look: FileLook;
}

/** As it is written: the prints lie before, one behind the other. */
interface Written {
  readonly version: number;
  /** Of the prints. */
  readonly sum: number;
  readonly entries: readonly (readonly [
    path: string,
    size: number,
    mtimeMs: number,
    look: ReturnType<typeof withoutPrint>,
  ])[];
}

/**
 * What files looked like when they were last looked at, by path, size and time of change: one file for each folder that was checked. One
 * that is missing, damaged or of another version knows nothing; where it cannot be written, all is looked at again next time.
 */
export class LookStore {
  readonly #seen = new Map<string, Entry>();
  #isChanged = false;

  private constructor(
    readonly path: string,
    private readonly before: ReadonlyMap<string, Entry>,
  ) {}

  /** @param root of the dataset; @param directory for the file, made when needed */
  static async open(root: string, directory: string): Promise<LookStore> {
    const path = join(
      directory,
      `looks-${createHash('sha256').update(root).digest('hex').slice(0, 32)}.bin`,
    );
    return new LookStore(path, await readEntries(path).catch(() => new Map()));
  }

  find(path: string, {size, mtimeMs}: State): FileLook | undefined {
    const entry = this.before.get(path);
    if (entry === undefined || entry.size !== size || entry.mtimeMs !== mtimeMs) return undefined;
    this.#seen.set(path, entry);
    return entry.look;
  }

  keep(path: string, {size, mtimeMs}: State, look: FileLook): void {
    this.#seen.set(path, {size, mtimeMs, look});
    this.#isChanged = true;
  }

  /** Writes what was found and kept since it was opened, and no more. Never throws. */
  async save(): Promise<void> {
    if (!this.#isChanged && this.#seen.size === this.before.size) return;
    await writeEntries(this.path, this.#seen).catch(() => undefined);
  }
}

async function readEntries(path: string): Promise<Map<string, Entry>> {
  const file = await openChecksummedFile(path);
  if (file === undefined) return new Map();
  try {
    const {version, sum, entries} = file.metadata as Written;
    if (version !== VERSION) return new Map();
    const prints = await file.read(
      0,
      entries.filter(([, , , {picture}]) => picture !== undefined).length * PRINT_BYTES,
    );
    if (prints === undefined || crc32(prints) !== sum) return new Map();
    let next = 0;
    const withPrint = ({picture, ...look}: ReturnType<typeof withoutPrint>): FileLook => {
      if (picture === undefined) return look;
      const print = prints.subarray(next, (next += PRINT_BYTES));
      return {...look, picture: {...picture, print}};
    };
    return new Map(
      entries.map(([name, size, mtimeMs, look]) => [name, {size, mtimeMs, look: withPrint(look)}]),
    );
  } finally {
    await file.close();
  }
}

async function writeEntries(path: string, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const prints = [...entries.values()].flatMap(({look}) =>
    look.picture === undefined ? [] : [look.picture.print],
  );
  await mkdir(join(path, '..'), {recursive: true});
  await writeChecksummedFile(path, prints.length * PRINT_BYTES, async (write): Promise<Written> => {
    const bytes = Buffer.concat(prints);
    await write(bytes, 0);
    const written = [...entries].map(
      ([name, {size, mtimeMs, look}]) => [name, size, mtimeMs, withoutPrint(look)] as const,
    );
    return {version: VERSION, sum: crc32(bytes), entries: written};
  });
}

/** An image as it is written. */
type Bare = Omit<Picture, 'print'>;

function withoutPrint({
  picture,
  ...look
}: FileLook): Omit<FileLook, 'picture'> & {readonly picture?: Bare} {
  if (picture === undefined) return look;
  const {print: _, ...bare} = picture;
  return {...look, picture: bare};
}
