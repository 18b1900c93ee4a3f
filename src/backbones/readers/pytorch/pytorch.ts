import {sizeFromShape} from '../../../core/state-dict.js';
import {MemoryBudget} from '../dtypes.js';
import {FormatError} from '../format-error.js';
import {InlineStorage} from './numpy-arrays.js';
import {openTorchLegacy} from './torch-legacy.js';
import {stridedElements} from './torch-strides.js';
import type {TorchFile, TorchStorage, TorchTensor} from './torch-tensor.js';
import {collectNamedTensors} from './torch-tensors.js';
import {openTorchZip} from './torch-zip.js';
import type {TensorReader, StoredTensor} from '../weights-file.js';

/**
 * Opens a `.pth`, `.pt` or `.th` file. Nothing in the file is executed. Only the storages of requested tensors are decoded, so optimizer
 * state next to the weights costs nothing.
 */
export async function openPyTorch(
  path: string,
  container: 'zip' | 'legacy',
): Promise<TensorReader> {
  const file = await (container === 'zip' ? openTorchZip(path) : openTorchLegacy(path));
  const storages = new StorageReader(file);
  try {
    const tensors = [...collectNamedTensors(file.root)].flatMap(([name, tensor]) =>
      storages.tensor(name, tensor),
    );
    return {
      metadata: {},
      tensors: new Map(tensors),
      bytes: file.bytes,
      close: async () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Decodes storages once and caches them: several tensors may share one. */
class StorageReader {
  private readonly budget: MemoryBudget;
  private readonly decoded = new Map<TorchStorage, Promise<Float32Array>>();

  constructor(private readonly file: TorchFile) {
    this.budget = new MemoryBudget(file.bytes);
  }

  tensor(name: string, tensor: TorchTensor): [string, StoredTensor][] {
    const {storage, shape} = tensor;
    if (storage.dtype.decode === undefined) return [];
    const read = async (): Promise<Float32Array> => {
      this.budget.grant(sizeFromShape(shape));
      return stridedElements(name, tensor, await this.decodedStorage(name, storage));
    };
    return [[name, {shape, read}]];
  }

  private decodedStorage(name: string, storage: TorchStorage): Promise<Float32Array> {
    const decodedValues = this.decoded.get(storage) ?? this.decode(name, storage);
    this.decoded.set(storage, decodedValues);
    return decodedValues;
  }

  private async decode(name: string, storage: TorchStorage): Promise<Float32Array> {
    const {dtype: type, length} = storage;
    if (type.decode === undefined) throw new FormatError(`no floating-point numbers for "${name}"`);
    if (storage instanceof InlineStorage) return type.decode(storage.stored);
    this.budget.reserve(name, type.bytes * length);
    return type.decode(await this.file.read(storage));
  }
}
