import {errorMessage} from '../../../core/errors.js';
import {ZipArchive, ZipError} from '../../../core/files/zip.js';
import {formatInteger} from '../../../core/text/format-count.js';
import {ByteCursor} from '../byte-cursor.js';
import {FormatError} from '../format-error.js';
import {unpickle} from './pickle.js';
import {createTorchDialect} from './torch-dialect.js';
import type {TorchFile, TorchStorage} from './torch-tensor.js';

/**
 * Maximum size of a pickle after decompression. That of ResNet-152 takes 0.1 MB; only NumPy arrays make it larger. Few writers compress it,
 * and none below a tenth.
 */
const MAX_INFLATED_BYTES = 64_000_000;
const maxPickleBytes = ({bytes}: ZipArchive): number =>
  Math.max(bytes, Math.min(MAX_INFLATED_BYTES, 1_000_000 + 16 * bytes));

/**
 * Opens a file of `torch.save` since 1.6: a zip archive of `<name>/data.pkl`, `<name>/byteorder` and `<name>/data/<key>`.
 * torch/serialization.py `_save`
 */
export async function openTorchZip(path: string): Promise<TorchFile> {
  const zip = await wrapZipErrors(ZipArchive.open(path));
  try {
    return await openTorchEntries(zip);
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function openTorchEntries(zip: ZipArchive): Promise<TorchFile> {
  const pickles = zip.names.filter(name => /^[^/]*\/?data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new FormatError(
      'a zip archive without the one data.pkl of torch.save',
      'give a file that torch.save or Keras wrote',
    );
  }
  const folder = pickles[0]!.slice(0, -'data.pkl'.length);
  const byteOrder = zip.has(`${folder}byteorder`)
    ? (await readZipEntry(zip, `${folder}byteorder`, 16)).toString()
    : 'little';
  if (byteOrder !== 'little')
    throw new FormatError(
      `numbers in "${byteOrder}" byte order`,
      'save it on a little-endian machine',
    );
  const pickle = await readZipEntry(zip, pickles[0]!, maxPickleBytes(zip));
  return {
    root: unpickle(new ByteCursor(pickle), createTorchDialect(new Map())),
    bytes: zip.bytes,
    read: storage => readStorage(zip, folder, storage),
    close: () => zip.close(),
  };
}

function readStorage(
  zip: ZipArchive,
  folder: string,
  {key, length, dtype: type}: TorchStorage,
): Promise<Buffer> {
  const name = `${folder}data/${key}`;
  const bytes = length * type.bytes;
  if (!zip.has(name))
    throw new FormatError(`no entry "${name}" for a storage of ${formatInteger(bytes)} bytes`);
  const found = zip.entrySize(name);
  if (found !== bytes)
    throw new FormatError(
      `${formatInteger(found)} bytes in entry "${name}", whose storage takes ${formatInteger(bytes)}`,
    );
  return wrapZipErrors(zip.read(name));
}

export async function readZipEntry(zip: ZipArchive, name: string, limit: number): Promise<Buffer> {
  const size = zip.entrySize(name);
  if (size > limit)
    throw new FormatError(
      `an entry "${name}" of ${formatInteger(size)} bytes, above the limit of ${formatInteger(limit)}`,
    );
  return wrapZipErrors(zip.read(name));
}

export async function wrapZipErrors<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new FormatError(`a broken zip archive (${errorMessage(error.cause)})`, undefined, {
      cause: error,
    });
  }
}
