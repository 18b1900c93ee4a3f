import {DTYPES, isShape, type DType} from '../dtypes.js';
import {FormatError} from '../format-error.js';
import {PickleGlobal, type PickleDialect} from './pickle-dialect.js';
import {numpyArrayFromBuffer, createLatin1Encoder, NumpyArray, NumpyDType} from './numpy-arrays.js';
import {Placeholder, createPlaceholder} from './placeholder.js';
import {TorchStorage, TorchTensor} from './torch-tensor.js';

const STORAGE_DTYPES: Readonly<Record<string, DType>> = {
  DoubleStorage: DTYPES.F64,
  FloatStorage: DTYPES.F32,
  HalfStorage: DTYPES.F16,
  BFloat16Storage: DTYPES.BF16,
  LongStorage: DTYPES.I64,
  IntStorage: DTYPES.I32,
  ShortStorage: DTYPES.I16,
  CharStorage: DTYPES.I8,
  ByteStorage: DTYPES.U8,
  BoolStorage: DTYPES.BOOL,
  ComplexFloatStorage: DTYPES.C64,
  ComplexDoubleStorage: {bytes: 16},
  QInt8Storage: DTYPES.I8,
  QUInt8Storage: DTYPES.U8,
  QInt32Storage: DTYPES.I32,
};

/** torch/_utils.py `_rebuild_tensor(storage, storage_offset, size, stride)`. `_v2` has more arguments, which do not concern weights. */
function rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): TorchTensor {
  if (
    storage instanceof TorchStorage &&
    isShape([offset]) &&
    isShape(shape) &&
    isShape(strides) &&
    shape.length === strides.length
  ) {
    return new TorchTensor(storage, offset as number, shape, strides);
  }
  throw new FormatError('a tensor without a valid storage, offset, shape and strides');
}

/** torch/_tensor.py `_rebuild_from_type_v2(func, type, args, state)`: a tensor with attributes, or of a subclass. */
function rebuildFromType([rebuild, , args]: readonly unknown[]): unknown {
  return rebuild instanceof PickleGlobal && Array.isArray(args)
    ? rebuild.call(args)
    : new Placeholder();
}

/** `OrderedDict()`, filled later, or Python 2's `OrderedDict([[key, value], ...])`. */
function orderedDict([pairs = []]: readonly unknown[]): Map<unknown, unknown> {
  if (!Array.isArray(pairs) || !pairs.every(pair => Array.isArray(pair) && pair.length === 2)) {
    throw new FormatError('an OrderedDict that is not made of pairs');
  }
  return new Map(pairs as [unknown, unknown][]);
}

const notCallable = (): never => {
  throw new FormatError('a storage type where a function is to be called');
};

/** Globals that create tensors and dictionaries. Placeholders replace all others. */
const SAFE_CALLABLES: Readonly<Record<string, PickleGlobal['call']>> = {
  'collections.OrderedDict': orderedDict,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
  'torch._tensor._rebuild_from_type_v2': rebuildFromType,
  'torch.Size': ([extents]) => extents,
  'numpy.dtype': ([code]) => new NumpyDType(code),
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy._core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy.core.numeric._frombuffer': numpyArrayFromBuffer,
  'numpy._core.numeric._frombuffer': numpyArrayFromBuffer,
};

const storageTypes = new Map(
  Object.entries(STORAGE_DTYPES).map(([name, type]) => [
    new PickleGlobal(`torch.${name}`, notCallable),
    type,
  ]),
);
const callableGlobals = Object.entries(SAFE_CALLABLES).map(
  ([name, call]) => new PickleGlobal(name, call),
);

/** `('storage', torch.FloatStorage, key, location, elements[, None])`. In place of None, files of 2017 may hold a view of the storage. */
function parseStorage(id: unknown): TorchStorage {
  const [tag, type, key, , length, view = null] = Array.isArray(id) ? (id as unknown[]) : [];
  const dtype = type instanceof PickleGlobal ? storageTypes.get(type) : undefined;
  if (
    tag !== 'storage' ||
    dtype === undefined ||
    typeof key !== 'string' ||
    !isShape([length]) ||
    view !== null
  ) {
    throw new FormatError('a pickle that refers to something other than a whole storage');
  }
  return new TorchStorage(key, dtype, length as number);
}

const globals: PickleDialect['globals'] = new Map(
  [...storageTypes.keys(), ...callableGlobals].map(global => [global.name, global]),
);

/**
 * Dialect of `torch.save`: state dicts, checkpoints that contain one, and whole modules.
 * @param storages collects the storages that the pickle refers to, by key
 */
export const createTorchDialect = (storages: Map<string, TorchStorage>): PickleDialect => ({
  globals: new Map(globals).set(
    '_codecs.encode',
    new PickleGlobal('_codecs.encode', createLatin1Encoder()),
  ),
  fallback: createPlaceholder,
  loadPersistent: id => {
    // The class and source of a module, in whole modules of the legacy format.
    if (Array.isArray(id) && id[0] === 'module' && id[1] instanceof PickleGlobal) return id[1];
    const storage = parseStorage(id);
    const knownStorage = storages.get(storage.key) ?? storage;
    if (knownStorage.dtype !== storage.dtype || knownStorage.length !== storage.length) {
      throw new FormatError(`two descriptions of storage "${storage.key}" that differ`);
    }
    storages.set(knownStorage.key, knownStorage);
    return knownStorage;
  },
});
