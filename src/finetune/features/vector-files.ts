import {existsSync} from 'node:fs';
import {extname} from 'node:path';
import {defineError, UsageError} from '../../core/errors.js';
import {isFileExistsError, writeFileAtomic} from '../../core/files/atomic-write.js';
import {npyHeader} from '../../core/files/npy.js';
import {csvLine} from '../../core/text/csv.js';

/** One vector per image. */
export interface FeatureVectors {
  readonly width: number;
  /** Images in the order of the vectors, with the names of their classes. */
  readonly images: readonly {readonly name: string; readonly className: string}[];
  /** Vectors in batches, `[n, width]` each. Can be read once. */
  readonly batches: AsyncIterable<Float32Array>;
}

/** A file of vectors would be of an unknown format, or exists already. */
export class VectorFileError extends defineError(
  UsageError,
  'FEATURES_NOT_WRITABLE',
  ({path}: {path: string}, {reason, remedy}: {reason: string; remedy: string}) =>
    `${path} (--out) ${reason}. ${remedy}.`,
) {}

const unknownFormat = (path: string): VectorFileError =>
  new VectorFileError(
    {path},
    {reason: 'has no extension of a known format', remedy: 'End it in .npy or .csv'},
  );

const namesPath = (path: string): string => `${path.slice(0, -extname(path).length)}-names.csv`;

/** Paths of the files that vectors are written to: the vectors first. @throws VectorFileError for an unknown extension */
export function vectorFiles(path: string): readonly string[] {
  const extension = extname(path).toLowerCase();
  if (extension === '.npy') return [path, namesPath(path)];
  if (extension === '.csv') return [path];
  throw unknownFormat(path);
}

const alreadyExists = (path: string): VectorFileError =>
  new VectorFileError(
    {path},
    {reason: 'exists already', remedy: 'Give another name, or add --overwrite'},
  );

/** Checks before the work that no file would be replaced. @throws VectorFileError */
export function checkVectorFiles(path: string, overwrite: boolean): void {
  const taken = vectorFiles(path).find(file => !overwrite && existsSync(file));
  if (taken !== undefined) throw alreadyExists(taken);
}

async function* npyContent({width, images, batches}: FeatureVectors): AsyncGenerator<Uint8Array> {
  yield npyHeader([images.length, width]);
  for await (const {buffer, byteOffset, byteLength} of batches)
    yield new Uint8Array(buffer, byteOffset, byteLength);
}

async function* namesContent({images}: FeatureVectors): AsyncGenerator<string> {
  yield csvLine(['path', 'label']);
  for (const {name, className} of images) yield csvLine([name, className]);
}

/** A decimal number that is the same float32 value again: 9 digits tell all of them apart, and 7 many. */
function formatFloat32(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : Number(value.toPrecision(9));
}

async function* csvContent({width, images, batches}: FeatureVectors): AsyncGenerator<string> {
  yield csvLine(['path', 'label', ...Array.from({length: width}, (_, i) => `f${i}`)]);
  let next = 0;
  for await (const batch of batches) {
    for (let start = 0; start < batch.length; start += width) {
      const {name, className} = images[next++]!;
      const values = Array.from(batch.subarray(start, start + width), formatFloat32);
      yield csvLine([name, className, ...values]);
    }
  }
}

async function writeExclusive(
  path: string,
  content: AsyncGenerator<string | Uint8Array>,
  overwrite: boolean,
): Promise<void> {
  try {
    await writeFileAtomic(path, content, {exclusive: !overwrite});
  } catch (error) {
    throw isFileExistsError(error) ? alreadyExists(path) : error;
  }
}

/**
 * Writes vectors as a NumPy array and the names in a CSV file next to it (`.npy`), or all in one CSV file (`.csv`).
 * @returns the paths of the files
 * @throws VectorFileError; all errors of the batches
 */
export async function writeVectors(
  path: string,
  vectors: FeatureVectors,
  overwrite: boolean,
): Promise<readonly string[]> {
  const files = vectorFiles(path);
  const [first, names] = files as [string, string?];
  if (names === undefined) {
    await writeExclusive(first, csvContent(vectors), overwrite);
    return files;
  }
  await writeExclusive(first, npyContent(vectors), overwrite);
  await writeExclusive(names, namesContent(vectors), overwrite);
  return files;
}
