import {ELEMENT_TYPES, isShape, type ElementType} from './elements.js';
import {Malformed} from './malformed.js';
import {Global, type PickleDialect} from './pickle-dialect.js';
import {arrayFromBuffer, bytesOfTexts, NumpyArray, NumpyType} from './numpy-arrays.js';
import {Placeholder, placeholderFor} from './placeholder.js';
import {TorchStorage, TorchTensor} from './torch-tensor.js';

const STORAGE_TYPES: Readonly<Record<string, ElementType>> = {
  DoubleStorage: ELEMENT_TYPES.F64,
  FloatStorage: ELEMENT_TYPES.F32,
  HalfStorage: ELEMENT_TYPES.F16,
  BFloat16Storage: ELEMENT_TYPES.BF16,
  LongStorage: ELEMENT_TYPES.I64,
  IntStorage: ELEMENT_TYPES.I32,
  ShortStorage: ELEMENT_TYPES.I16,
  CharStorage: ELEMENT_TYPES.I8,
  ByteStorage: ELEMENT_TYPES.U8,
  BoolStorage: ELEMENT_TYPES.BOOL,
  ComplexFloatStorage: ELEMENT_TYPES.C64,
  ComplexDoubleStorage: {bytes: 16},
  QInt8Storage: ELEMENT_TYPES.I8,
  QUInt8Storage: ELEMENT_TYPES.U8,
  QInt32Storage: ELEMENT_TYPES.I32,
};

/** torch/_utils.py `_rebuild_tensor(storage, storage_offset, size, stride)`, and `_v2` with more that does not concern weights. */
function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): TorchTensor {
  if (storage instanceof TorchStorage && isShape([offset]) && isShape(shape) && isShape(strides) && shape.length === strides.length) {
    return new TorchTensor(storage, offset as number, shape, strides);
  }
  throw new Malformed('a tensor without a valid storage, offset, shape and strides');
}

/** torch/_tensor.py `_rebuild_from_type_v2(func, type, args, state)`: a tensor with attributes, or of a subclass. */
function rebuildFromType([rebuild, , args]: readonly unknown[]): unknown {
  return rebuild instanceof Global && Array.isArray(args) ? rebuild.call(args) : new Placeholder();
}

/** `OrderedDict()`, filled afterwards, or Python 2's `OrderedDict([[key, value], ...])`. */
function orderedDict([pairs = []]: readonly unknown[]): Map<unknown, unknown> {
  if (!Array.isArray(pairs) || !pairs.every(pair => Array.isArray(pair) && pair.length === 2)) {
    throw new Malformed('an OrderedDict that is not made of pairs');
  }
  return new Map(pairs as [unknown, unknown][]);
}

const notCallable = (): never => {
  throw new Malformed('a storage type where a function is to be called');
};

/** What makes tensors and dictionaries. Placeholders stand for everything else. */
const CALLS: Readonly<Record<string, Global['call']>> = {
  'collections.OrderedDict': orderedDict,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
  'torch._tensor._rebuild_from_type_v2': rebuildFromType,
  'torch.Size': ([extents]) => extents,
  'numpy.dtype': ([code]) => new NumpyType(code),
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy._core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy.core.numeric._frombuffer': arrayFromBuffer,
  'numpy._core.numeric._frombuffer': arrayFromBuffer,
};

const storageTypes = new Map(Object.entries(STORAGE_TYPES).map(([name, type]) => [new Global(`torch.${name}`, notCallable), type]));
const calls = Object.entries(CALLS).map(([name, call]) => new Global(name, call));

/** `('storage', torch.FloatStorage, key, location, elements[, None])`; instead of None, files of 2017 may hold a view of the storage. */
function storageOf(id: unknown): TorchStorage {
  const [tag, type, key, , length, view = null] = Array.isArray(id) ? (id as unknown[]) : [];
  const elementType = type instanceof Global ? storageTypes.get(type) : undefined;
  if (tag !== 'storage' || elementType === undefined || typeof key !== 'string' || !isShape([length]) || view !== null) {
    throw new Malformed('a pickle that refers to something other than a whole storage');
  }
  return new TorchStorage(key, elementType, length as number);
}

const globals: PickleDialect['globals'] = new Map([...storageTypes.keys(), ...calls].map(global => [global.name, global]));

/**
 * What `torch.save` pickles for a state dict, a checkpoint around one, or a whole module.
 * @param storages collects the storages that the pickle refers to, by key
 */
export const torchDialect = (storages: Map<string, TorchStorage>): PickleDialect => ({
  globals: new Map(globals).set('_codecs.encode', new Global('_codecs.encode', bytesOfTexts())),
  otherwise: placeholderFor,
  persistent: id => {
    // The class of a module with its source, in whole modules of the legacy format.
    if (Array.isArray(id) && id[0] === 'module' && id[1] instanceof Global) return id[1];
    const storage = storageOf(id);
    const known = storages.get(storage.key) ?? storage;
    if (known.type !== storage.type || known.length !== storage.length) {
      throw new Malformed(`two descriptions of storage "${storage.key}" that differ`);
    }
    storages.set(known.key, known);
    return known;
  },
});
