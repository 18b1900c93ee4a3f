import {crc32} from 'node:zlib';
import {FinetuneError} from '../core/errors.js';
import {fromHalves, toHalves} from '../core/half.js';
import {sizeOf} from '../core/host-tensor.js';
import {whyOf} from '../core/system-error.js';
import {openSealedFile, writeSealedFile, type SealedFile} from '../datasets/sealed-file.js';

/** Rows of one shape, one behind the other. */
export interface FeatureRows {
  /** Writes a row into a batch, as float32. */
  copy(index: number, into: Float32Array, at: number): void | Promise<void>;
  close(): Promise<void>;
}

/** How rows are stored. */
export interface RowFormat {
  /** `[h, w, channels]`, or `[width]` of pooled features. */
  readonly shape: readonly number[];
  readonly count: number;
}

/** Maps are kept as halves, four times what a picture's pixels take instead of eight; pooled features are small, and kept as they are. */
const areHalves = ({shape}: RowFormat): boolean => shape.length > 1;

const elementBytes = (format: RowFormat): number => (areHalves(format) ? 2 : 4);

export const bytesOf = (format: RowFormat): number => format.count * sizeOf(format.shape) * elementBytes(format);

const encode = (format: RowFormat, rows: Float32Array): Uint8Array => {
  const {buffer, byteOffset, byteLength} = areHalves(format) ? toHalves(rows) : rows;
  return new Uint8Array(buffer, byteOffset, byteLength);
};

function decode(format: RowFormat, row: Uint8Array, into: Float32Array, at: number): void {
  if (areHalves(format)) fromHalves(new Uint16Array(row.buffer, row.byteOffset, row.byteLength / 2), into, at);
  else into.set(new Float32Array(row.buffer, row.byteOffset, row.byteLength / 4), at);
}

const rowBytes = (format: RowFormat): number => sizeOf(format.shape) * elementBytes(format);

function memoryRows(format: RowFormat, bytes: Uint8Array): FeatureRows {
  const size = rowBytes(format);
  return {
    copy: (index, into, at) => decode(format, bytes.subarray(index * size, (index + 1) * size), into, at),
    close: async () => {},
  };
}

/** The system keeps in memory what it has room for. */
function fileRows(format: RowFormat, file: SealedFile, path: string): FeatureRows {
  const size = rowBytes(format);
  return {
    async copy(index, into, at) {
      const row = await file.read(index * size, size);
      if (row === undefined) throw new FeaturesLostError(path);
      decode(format, row, into, at);
    },
    close: () => file.close(),
  };
}

/** What a file says of its rows. */
interface AboutRows {
  /** crc32 of all of them. */
  readonly sum: number;
}

/** A file of features was cut short, or cannot be read any more, while it was in use. */
export class FeaturesLostError extends FinetuneError {
  override readonly name = 'FeaturesLostError';
  override readonly code = 'FEATURES_LOST';

  constructor(readonly path: string) {
    super(
      `The features in ${path} were changed, or can no longer be read, while they were in use. Go on by --resume: they are made again.`,
    );
  }
}

/** Features cannot be written to the cache folder, and do not fit into memory. */
export class FeaturesFolderError extends FinetuneError {
  override readonly name = 'FeaturesFolderError';
  override readonly code = 'FEATURES_FOLDER';

  constructor(
    readonly path: string,
    readonly byteCount: number,
    cause: unknown,
  ) {
    super(
      `${Math.ceil(byteCount / 2 ** 20)} MiB of features cannot be kept at ${path} (${whyOf(cause)}), so they are computed again in every ` +
        'epoch, which takes longer. Make room, raise --cache-memory, or set FINETUNE_CACHE to another folder.',
      {cause},
    );
  }
}

/** Rows in their order, any number at a time. */
export type RowSource = AsyncIterable<Float32Array>;

/** What is read at a time while a file's sum is taken. */
const CHUNK = 2 ** 24;

/** Reads a file whole: into memory, or just to see that it holds what was written. */
async function verified(file: SealedFile, byteCount: number, onChunk: (chunk: Uint8Array, position: number) => void): Promise<boolean> {
  let sum = 0;
  for (let position = 0; position < byteCount; position += CHUNK) {
    const chunk = await file.read(position, Math.min(CHUNK, byteCount - position));
    if (chunk === undefined) return false;
    sum = crc32(chunk, sum);
    onChunk(chunk, position);
  }
  return sum === (file.about as AboutRows).sum;
}

/** The rows of a file; undefined where there is none, or none that holds what was written. @param inMemory whether they are read at once */
export async function openRows(path: string, format: RowFormat, inMemory: boolean): Promise<FeatureRows | undefined> {
  const byteCount = bytesOf(format);
  const file = await openSealedFile(path, byteCount);
  if (file === undefined) return undefined;
  const whole = new Uint8Array(inMemory ? byteCount : 0);
  const isWhole = await verified(file, byteCount, (chunk, position) => inMemory && whole.set(chunk, position));
  if (isWhole && !inMemory) return fileRows(format, file, path);
  await file.close();
  return isWhole ? memoryRows(format, whole) : undefined;
}

/** Rows on their way, into memory or not. */
class Collected {
  readonly #whole: Uint8Array | undefined;
  #position = 0;
  /** Whether the last row has come. */
  isComplete = false;
  /** Whether what gives the rows has failed, and not what keeps them. */
  hasFailed = false;

  constructor(
    readonly format: RowFormat,
    readonly rows: RowSource,
    inMemory: boolean,
  ) {
    this.#whole = inMemory ? new Uint8Array(bytesOf(format)) : undefined;
  }

  get inMemory(): FeatureRows | undefined {
    return this.#whole && memoryRows(this.format, this.#whole);
  }

  /** @param write where it fails, memory still gets the rest; then the failure is thrown */
  async all(write: (bytes: Uint8Array, position: number) => Promise<void>): Promise<AboutRows> {
    let sum = 0;
    let failure: unknown;
    for await (const some of this.#watched()) {
      const bytes = encode(this.format, some);
      this.#whole?.set(bytes, this.#position);
      sum = crc32(bytes, sum);
      if (failure === undefined) await write(bytes, this.#position).catch(error => (failure = error));
      if (failure !== undefined && this.#whole === undefined) break;
      this.#position += bytes.length;
    }
    this.isComplete = failure === undefined || this.#whole !== undefined;
    if (failure !== undefined) throw failure;
    return {sum};
  }

  async *#watched(): RowSource {
    try {
      yield* this.rows;
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }
}

/**
 * Keeps rows in memory, in a file that later runs find, or both.
 * @param inMemory needed where there is no path; with both, a file that cannot be written is done without
 * @throws FeaturesFolderError where the file cannot be written and memory is not wanted; whatever `rows` throws
 */
export async function keepRows(format: RowFormat, rows: RowSource, inMemory: boolean, path?: string): Promise<FeatureRows> {
  const collected = new Collected(format, rows, inMemory);
  if (path !== undefined) {
    try {
      await writeSealedFile(path, bytesOf(format), write => collected.all(write));
    } catch (error) {
      if (collected.hasFailed) throw error;
      if (!inMemory) throw new FeaturesFolderError(path, bytesOf(format), error);
    }
  }
  if (!collected.isComplete) await collected.all(async () => {});
  if (inMemory) return collected.inMemory!;
  const written = path === undefined ? undefined : await openRows(path, format, false);
  if (written === undefined) throw new FeaturesFolderError(path ?? '', bytesOf(format), 'other features than were written');
  return written;
}
