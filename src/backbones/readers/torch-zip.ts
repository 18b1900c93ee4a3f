import {messageOf} from '../../core/errors.js';
import {ZipArchive, ZipError} from '../../core/zip.js';
import {ByteCursor} from './byte-cursor.js';
import {counted, Malformed} from './malformed.js';
import {unpickle} from './pickle.js';
import {torchDialect} from './torch-dialect.js';
import type {TorchStorage} from './torch-tensor.js';
import type {TorchFile} from './pytorch.js';

/** That of ResNet-152 takes 0.1 MB, more only where arrays of NumPy are in it. Few writers compress it, and none to less than a tenth. */
const MAX_INFLATED_BYTES = 64_000_000;
const mostPickleBytes = ({bytes}: ZipArchive): number => Math.max(bytes, Math.min(MAX_INFLATED_BYTES, 1_000_000 + 16 * bytes));

/**
 * Opens the format of `torch.save` since 1.6: a zip archive of `<name>/data.pkl`, `<name>/byteorder` and `<name>/data/<key>`.
 * torch/serialization.py `_save`
 */
export async function openTorchZip(path: string): Promise<TorchFile> {
  const zip = await orMalformed(ZipArchive.open(path));
  try {
    return await openEntries(zip);
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function openEntries(zip: ZipArchive): Promise<TorchFile> {
  const pickles = zip.names.filter(name => /^[^/]*\/?data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new Malformed('a zip archive without the one data.pkl of torch.save', 'give a file that torch.save or Keras wrote');
  }
  const folder = pickles[0]!.slice(0, -'data.pkl'.length);
  const byteOrder = zip.has(`${folder}byteorder`) ? (await readEntry(zip, `${folder}byteorder`, 16)).toString() : 'little';
  if (byteOrder !== 'little') throw new Malformed(`numbers in "${byteOrder}" byte order`, 'save it on a little-endian machine');
  const pickle = await readEntry(zip, pickles[0]!, mostPickleBytes(zip));
  return {
    root: unpickle(new ByteCursor(pickle), torchDialect(new Map())),
    bytes: zip.bytes,
    read: storage => readStorage(zip, folder, storage),
    close: () => zip.close(),
  };
}

function readStorage(zip: ZipArchive, folder: string, {key, length, type}: TorchStorage): Promise<Buffer> {
  const name = `${folder}data/${key}`;
  const bytes = length * type.bytes;
  if (!zip.has(name)) throw new Malformed(`no entry "${name}" for a storage of ${counted(bytes)} bytes`);
  const found = zip.sizeOf(name);
  if (found !== bytes) throw new Malformed(`${counted(found)} bytes in entry "${name}", whose storage takes ${counted(bytes)}`);
  return orMalformed(zip.read(name));
}

export async function readEntry(zip: ZipArchive, name: string, limit: number): Promise<Buffer> {
  const size = zip.sizeOf(name);
  if (size > limit) throw new Malformed(`an entry "${name}" of ${counted(size)} bytes, above the limit of ${counted(limit)}`);
  return orMalformed(zip.read(name));
}

export async function orMalformed<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new Malformed(`a broken zip archive (${messageOf(error.cause)})`, undefined, {cause: error});
  }
}
