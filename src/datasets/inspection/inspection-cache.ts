import type {Stats} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import type {InspectedFile, ImageInfo} from './image-stats.js';
import {openChecksummedFile, writeChecksummedFile} from '../../core/files/checksummed-file.js';
import {sha256} from '../../core/files/sha256.js';
import {FINGERPRINT_BYTES} from '../duplicates/fingerprint.js';

/** Increment when the result for the same file changes. */
const VERSION = 3;

type FileState = Pick<Stats, 'size' | 'mtimeMs'>;

interface Entry extends FileState {
  readonly inspected: InspectedFile;
}

/** Metadata of the cache file. The fingerprints precede it, one after the other. */
interface CacheMetadata {
  readonly version: number;
  /** Checksum of the fingerprints. */
  readonly checksum: number;
  readonly entries: readonly (readonly [
    path: string,
    size: number,
    mtimeMs: number,
    inspected: ReturnType<typeof withoutFingerprint>,
  ])[];
}

/**
 * Results of the last inspection, by path, size and modification time: one file per inspected folder. A missing, damaged or outdated file
 * is an empty cache. If it cannot be written, the next check inspects all files again.
 */
export class InspectionCache {
  readonly #current = new Map<string, Entry>();
  #isChanged = false;

  private constructor(
    readonly path: string,
    private readonly previous: ReadonlyMap<string, Entry>,
  ) {}

  /** @param root root of the dataset @param directory directory of the cache file, created when needed */
  static async open(root: string, directory: string): Promise<InspectionCache> {
    const path = join(directory, `inspection-${sha256(root).slice(0, 32)}.bin`);
    return new InspectionCache(path, await readEntries(path).catch(() => new Map()));
  }

  find(path: string, {size, mtimeMs}: FileState): InspectedFile | undefined {
    const entry = this.previous.get(path);
    if (entry === undefined || entry.size !== size || entry.mtimeMs !== mtimeMs) return undefined;
    this.#current.set(path, entry);
    return entry.inspected;
  }

  set(path: string, {size, mtimeMs}: FileState, inspected: InspectedFile): void {
    this.#current.set(path, {size, mtimeMs, inspected});
    this.#isChanged = true;
  }

  /** Writes the entries that were read or added since it was opened, and no others. Never throws. */
  async save(): Promise<void> {
    if (!this.#isChanged && this.#current.size === this.previous.size) return;
    await writeEntries(this.path, this.#current).catch(() => undefined);
  }
}

async function readEntries(path: string): Promise<Map<string, Entry>> {
  const file = await openChecksummedFile(path);
  if (file === undefined) return new Map();
  try {
    const {version, checksum, entries} = file.metadata as CacheMetadata;
    if (version !== VERSION) return new Map();
    const fingerprints = await file.read(
      0,
      entries.filter(([, , , {image}]) => image !== undefined).length * FINGERPRINT_BYTES,
    );
    if (fingerprints === undefined || crc32(fingerprints) !== checksum) return new Map();
    let next = 0;
    const withFingerprint = ({
      image,
      ...inspected
    }: ReturnType<typeof withoutFingerprint>): InspectedFile => {
      if (image === undefined) return inspected;
      const fingerprint = fingerprints.subarray(next, (next += FINGERPRINT_BYTES));
      return {...inspected, image: {...image, fingerprint}};
    };
    return new Map(
      entries.map(([name, size, mtimeMs, inspected]) => [
        name,
        {size, mtimeMs, inspected: withFingerprint(inspected)},
      ]),
    );
  } finally {
    await file.close();
  }
}

async function writeEntries(path: string, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const fingerprints = [...entries.values()].flatMap(({inspected}) =>
    inspected.image === undefined ? [] : [inspected.image.fingerprint],
  );
  await mkdir(join(path, '..'), {recursive: true});
  await writeChecksummedFile(
    path,
    fingerprints.length * FINGERPRINT_BYTES,
    async (write): Promise<CacheMetadata> => {
      const bytes = Buffer.concat(fingerprints);
      await write(bytes, 0);
      const written = [...entries].map(
        ([name, {size, mtimeMs, inspected}]) =>
          [name, size, mtimeMs, withoutFingerprint(inspected)] as const,
      );
      return {version: VERSION, checksum: crc32(bytes), entries: written};
    },
  );
}

/** An image without its fingerprint, as stored in the file. */
type StoredImage = Omit<ImageInfo, 'fingerprint'>;

function withoutFingerprint({
  image,
  ...inspected
}: InspectedFile): Omit<InspectedFile, 'image'> & {readonly image?: StoredImage} {
  if (image === undefined) return inspected;
  const {fingerprint: _, ...stored} = image;
  return {...inspected, image: stored};
}
