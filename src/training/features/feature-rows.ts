import {crc32} from 'node:zlib';
import {defineError, FinetuneError} from '../../core/errors.js';
import {fromFloat16, toFloat16} from '../../core/float16.js';
import {sizeFromShape} from '../../core/state-dict.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {
  openChecksummedFile,
  writeChecksummedFile,
  type ChecksummedFile,
} from '../../core/files/checksummed-file.js';

/** Consecutive rows of the same shape. */
export interface FeatureRows {
  /** Copies a row into a batch, as float32. */
  copy(index: number, target: Float32Array, offset: number): void | Promise<void>;
  close(): Promise<void>;
}

/** Storage format of rows. */
export interface RowFormat {
  /** `[h, w, channels]` of feature maps, or `[width]` of pooled features. */
  readonly shape: readonly number[];
  readonly count: number;
}

/**
 * Feature maps are stored as float16, which takes four times the bytes of an image's pixels instead of eight. Pooled features are small and
 * stay float32.
 */
const isHalfPrecision = ({shape}: RowFormat): boolean => shape.length > 1;

const elementBytes = (format: RowFormat): number => (isHalfPrecision(format) ? 2 : 4);

export const featureBytes = (format: RowFormat): number =>
  format.count * sizeFromShape(format.shape) * elementBytes(format);

const encode = (format: RowFormat, rows: Float32Array): Uint8Array => {
  const {buffer, byteOffset, byteLength} = isHalfPrecision(format) ? toFloat16(rows) : rows;
  return new Uint8Array(buffer, byteOffset, byteLength);
};

function decode(format: RowFormat, row: Uint8Array, target: Float32Array, offset: number): void {
  if (isHalfPrecision(format))
    fromFloat16(new Uint16Array(row.buffer, row.byteOffset, row.byteLength / 2), target, offset);
  else target.set(new Float32Array(row.buffer, row.byteOffset, row.byteLength / 4), offset);
}

const rowBytes = (format: RowFormat): number => sizeFromShape(format.shape) * elementBytes(format);

function memoryRows(format: RowFormat, bytes: Uint8Array): FeatureRows {
  const size = rowBytes(format);
  return {
    copy: (index, target, offset) =>
      decode(format, bytes.subarray(index * size, (index + 1) * size), target, offset),
    close: async () => {},
  };
}

/** Reads rows from a file. The operating system caches them as memory allows. */
function fileRows(format: RowFormat, file: ChecksummedFile, path: string): FeatureRows {
  const size = rowBytes(format);
  return {
    async copy(index, target, offset) {
      const row = await file.read(index * size, size);
      if (row === undefined) throw new FeatureCacheCorruptError({path});
      decode(format, row, target, offset);
    },
    close: () => file.close(),
  };
}

/** Metadata of a file of rows. */
interface RowsHeader {
  /** CRC-32 of all rows. */
  readonly checksum: number;
}

/** A feature file was truncated or became unreadable while in use. */
export class FeatureCacheCorruptError extends defineError(
  FinetuneError,
  'FEATURE_CACHE_CORRUPT',
  ({path}: {path: string}) =>
    `The features in ${path} were changed, or can no longer be read, while they were in use. Go on by --resume: they are made again.`,
) {}

/** Features cannot be written to the cache folder and do not fit into memory. */
export class FeatureCacheNotWritableError extends defineError(
  FinetuneError,
  'CACHE_NOT_WRITABLE',
  ({path, byteCount, cause}: {path: string; byteCount: number; cause: unknown}) =>
    `${Math.ceil(byteCount / 2 ** 20)} MiB of features cannot be kept at ${path} (${describeSystemError(cause)}), so they are computed again in every ` +
    'epoch, which takes longer. Make room, raise --cache-memory, or set FINETUNE_CACHE to another folder.',
) {}

/** Rows in order, in batches of any size. */
export type FeatureRowStream = AsyncIterable<Float32Array>;

/** Bytes per read while the checksum is computed. */
const CHUNK_BYTES = 2 ** 24;

/** Reads a whole file and verifies its checksum. Chunks can be copied into memory. */
async function verifyChecksum(
  file: ChecksummedFile,
  byteCount: number,
  onChunk: (chunk: Uint8Array, position: number) => void,
): Promise<boolean> {
  let checksum = 0;
  for (let position = 0; position < byteCount; position += CHUNK_BYTES) {
    const chunk = await file.read(position, Math.min(CHUNK_BYTES, byteCount - position));
    if (chunk === undefined) return false;
    checksum = crc32(chunk, checksum);
    onChunk(chunk, position);
  }
  return checksum === (file.metadata as RowsHeader).checksum;
}

/** Opens the rows of a file; undefined if it is missing or corrupt. @param inMemory whether to load all rows into memory */
export async function openRows(
  path: string,
  format: RowFormat,
  inMemory: boolean,
): Promise<FeatureRows | undefined> {
  const byteCount = featureBytes(format);
  const file = await openChecksummedFile(path, byteCount);
  if (file === undefined) return undefined;
  const rowBuffer = new Uint8Array(inMemory ? byteCount : 0);
  const isIntact = await verifyChecksum(
    file,
    byteCount,
    (chunk, position) => inMemory && rowBuffer.set(chunk, position),
  );
  if (isIntact && !inMemory) return fileRows(format, file, path);
  await file.close();
  return isIntact ? memoryRows(format, rowBuffer) : undefined;
}

/** Collects rows from a stream, optionally in memory. */
class RowCollector {
  readonly #buffer: Uint8Array | undefined;
  #position = 0;
  /** Whether all rows have been collected. */
  isComplete = false;
  /** Whether the source of the rows has failed, and not their storage. */
  hasSourceFailed = false;

  constructor(
    readonly format: RowFormat,
    readonly rows: FeatureRowStream,
    inMemory: boolean,
  ) {
    this.#buffer = inMemory ? new Uint8Array(featureBytes(format)) : undefined;
  }

  get inMemory(): FeatureRows | undefined {
    return this.#buffer && memoryRows(this.format, this.#buffer);
  }

  /** @param write if it fails, the remaining rows are still collected in memory, then the error is thrown */
  async collect(
    write: (bytes: Uint8Array, position: number) => Promise<void>,
  ): Promise<RowsHeader> {
    let checksum = 0;
    let failure: unknown;
    for await (const rowBatch of this.#sourceRows()) {
      const bytes = encode(this.format, rowBatch);
      this.#buffer?.set(bytes, this.#position);
      checksum = crc32(bytes, checksum);
      if (failure === undefined)
        await write(bytes, this.#position).catch(error => (failure = error));
      if (failure !== undefined && this.#buffer === undefined) break;
      this.#position += bytes.length;
    }
    this.isComplete = failure === undefined || this.#buffer !== undefined;
    if (failure !== undefined) throw failure;
    return {checksum};
  }

  async *#sourceRows(): FeatureRowStream {
    try {
      yield* this.rows;
    } catch (error) {
      this.hasSourceFailed = true;
      throw error;
    }
  }
}

/**
 * Stores rows in memory, in a file for later runs, or both.
 * @param inMemory required without a path; if both are given, a file that cannot be written is ignored
 * @throws FeatureCacheNotWritableError if the file cannot be written and `inMemory` is false; all errors of `rows`
 */
export async function storeRows(
  format: RowFormat,
  rows: FeatureRowStream,
  inMemory: boolean,
  path?: string,
): Promise<FeatureRows> {
  const collected = new RowCollector(format, rows, inMemory);
  if (path !== undefined) {
    try {
      await writeChecksummedFile(path, featureBytes(format), write => collected.collect(write));
    } catch (error) {
      if (collected.hasSourceFailed) throw error;
      if (!inMemory)
        throw new FeatureCacheNotWritableError({
          path,
          byteCount: featureBytes(format),
          cause: error,
        });
    }
  }
  if (!collected.isComplete) await collected.collect(async () => {});
  if (inMemory) return collected.inMemory!;
  const written = path === undefined ? undefined : await openRows(path, format, false);
  if (written === undefined)
    throw new FeatureCacheNotWritableError({
      path: path ?? '',
      byteCount: featureBytes(format),
      cause: 'other features than were written',
    });
  return written;
}
