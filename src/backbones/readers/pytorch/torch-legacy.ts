import {readFile} from 'node:fs/promises';
import {formatInteger} from '../../../core/text/format-count.js';
import {ByteCursor} from '../byte-cursor.js';
import {FormatError} from '../format-error.js';
import {PLAIN_DIALECT} from './pickle-dialect.js';
import {unpickle} from './pickle.js';
import {createTorchDialect} from './torch-dialect.js';
import type {TorchFile, TorchStorage} from './torch-tensor.js';

/** MAGIC_NUMBER and PROTOCOL_VERSION of torch/serialization.py. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/**
 * Opens a file of `torch.save` before 1.6. It holds pickles of a magic number, a protocol version, the system info, the value, and the keys
 * of its storages. Then each storage follows: an int64 count of elements, and the elements. torch/serialization.py `_legacy_save`
 */
export async function openTorchLegacy(path: string): Promise<TorchFile> {
  const bytes = await readFile(path);
  const input = new ByteCursor(bytes);
  const storages = new Map<string, TorchStorage>();
  const first = unpickle(input, createTorchDialect(storages));
  if (first instanceof Map && storages.size === 0) return inlineTorchFile(first, bytes);
  if (first !== MAGIC_NUMBER)
    throw new FormatError(
      'a pickle that torch.save did not write',
      'give a file that torch.save wrote',
    );
  if (unpickle(input, PLAIN_DIALECT) !== PROTOCOL_VERSION)
    throw new FormatError(`a PyTorch file of another protocol than ${PROTOCOL_VERSION}`);
  const machine = unpickle(input, PLAIN_DIALECT);
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw new FormatError('numbers in big-endian byte order', 'save it on a little-endian machine');
  }
  const root = unpickle(input, createTorchDialect(storages));
  const storageBytes = readStorages(input, storages);
  return {
    root,
    bytes: bytes.length,
    read: async ({key}) => storageBytes.get(key)!,
    close: () => {},
  };
}

/** A pickle of NumPy arrays, as some model zoos publish them. */
const inlineTorchFile = (root: unknown, {length}: Uint8Array): TorchFile => ({
  root,
  bytes: length,
  read: () => Promise.reject(new FormatError('a storage where there is none')),
  close: () => {},
});

/** Views of the bytes of every storage, by key. */
function readStorages(
  input: ByteCursor,
  storages: ReadonlyMap<string, TorchStorage>,
): Map<string, Uint8Array> {
  const keys = unpickle(input, PLAIN_DIALECT);
  if (
    !Array.isArray(keys) ||
    new Set(keys).size !== storages.size ||
    !keys.every(key => storages.has(key as string))
  ) {
    throw new FormatError('a list of storages that is not the list of those the tensors use');
  }
  return new Map((keys as string[]).map(key => [key, readStorage(input, storages.get(key)!)]));
}

function readStorage(input: ByteCursor, {key, length, dtype: type}: TorchStorage): Uint8Array {
  const found = input.uint64();
  if (found !== length)
    throw new FormatError(
      `${formatInteger(found)} elements in storage "${key}", which has ${formatInteger(length)}`,
    );
  return input.take(length * type.bytes);
}
