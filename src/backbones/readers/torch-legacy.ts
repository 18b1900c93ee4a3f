import {readFile} from 'node:fs/promises';
import {ByteCursor} from './byte-cursor.js';
import {counted, Malformed} from './malformed.js';
import {PLAIN} from './pickle-dialect.js';
import {unpickle} from './pickle.js';
import type {TorchFile} from './pytorch.js';
import {torchDialect} from './torch-dialect.js';
import type {TorchStorage} from './torch-tensor.js';

/** torch/serialization.py MAGIC_NUMBER and PROTOCOL_VERSION */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/**
 * Opens the format of `torch.save` before 1.6: pickles of a magic number, a protocol, the saving machine, the value, and the keys of its
 * storages; then each storage as an int64 count of elements and the elements. torch/serialization.py `_legacy_save`
 */
export async function openTorchLegacy(path: string): Promise<TorchFile> {
  const bytes = await readFile(path);
  const input = new ByteCursor(bytes);
  const storages = new Map<string, TorchStorage>();
  const first = unpickle(input, torchDialect(storages));
  if (first instanceof Map && storages.size === 0) return inMemory(first, bytes);
  if (first !== MAGIC) throw new Malformed('a pickle that torch.save did not write', 'give a file that torch.save wrote');
  if (unpickle(input, PLAIN) !== PROTOCOL) throw new Malformed(`a PyTorch file of another protocol than ${PROTOCOL}`);
  const machine = unpickle(input, PLAIN);
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw new Malformed('numbers in big-endian byte order', 'save it on a little-endian machine');
  }
  const root = unpickle(input, torchDialect(storages));
  const stored = readStorages(input, storages);
  return {root, bytes: bytes.length, read: async ({key}) => stored.get(key)!, close: () => {}};
}

/** A pickle of arrays, as some model zoos have them. */
const inMemory = (root: unknown, {length}: Uint8Array): TorchFile => ({
  root,
  bytes: length,
  read: () => Promise.reject(new Malformed('a storage where there is none')),
  close: () => {},
});

/** Views of the bytes of every storage, by key. */
function readStorages(input: ByteCursor, storages: ReadonlyMap<string, TorchStorage>): Map<string, Uint8Array> {
  const keys = unpickle(input, PLAIN);
  if (!Array.isArray(keys) || new Set(keys).size !== storages.size || !keys.every(key => storages.has(key as string))) {
    throw new Malformed('a list of storages that is not the list of those the tensors use');
  }
  return new Map((keys as string[]).map(key => [key, readStorage(input, storages.get(key)!)]));
}

function readStorage(input: ByteCursor, {key, length, type}: TorchStorage): Uint8Array {
  const found = input.uint64();
  if (found !== length) throw new Malformed(`${counted(found)} elements in storage "${key}", which has ${counted(length)}`);
  return input.take(length * type.bytes);
}
