import {sizeFromShape} from '../../../core/state-dict.js';
import {DTYPES, isShape, type DType} from '../dtypes.js';
import {Placeholder} from './placeholder.js';
import {TorchStorage, TorchTensor} from './torch-tensor.js';

/** A storage whose values are inside the pickle. */
export class InlineStorage extends TorchStorage {
  constructor(
    type: DType,
    readonly stored: Uint8Array,
  ) {
    super('', type, stored.length / type.bytes);
  }
}

const NUMPY_DTYPES: Readonly<Record<string, DType>> = {
  f2: DTYPES.F16,
  f4: DTYPES.F32,
  f8: DTYPES.F64,
};

/** `numpy.dtype('f4', False, True)`, then its state `(3, '<', ...)`. Integer and big-endian types are not weights. */
export class NumpyDType extends Placeholder {
  private order: unknown = '<';

  constructor(private readonly typeCode: unknown) {
    super();
  }

  get type(): DType | undefined {
    return this.order === '<' &&
      typeof this.typeCode === 'string' &&
      Object.hasOwn(NUMPY_DTYPES, this.typeCode)
      ? NUMPY_DTYPES[this.typeCode]
      : undefined;
  }

  override setState(state: unknown): void {
    if (Array.isArray(state)) this.order = state[1];
  }
}

/** A pickled NumPy array. Its state is `(version, shape, type, whether column-major, bytes)`. */
export class NumpyArray extends Placeholder {
  tensor: TorchTensor | undefined;

  override setState(state: unknown): void {
    const [, shape, type, columnMajor, bytes] = Array.isArray(state) ? (state as unknown[]) : [];
    this.tensor = toTorchTensor(shape, type, columnMajor === true, bytes);
  }
}

/** An array in pickle protocol 5: `_frombuffer(bytes, type, shape, order)`. */
export function numpyArrayFromBuffer([bytes, type, shape, order]: readonly unknown[]): NumpyArray {
  const array = new NumpyArray();
  array.tensor = toTorchTensor(shape, type, order === 'F', bytes);
  return array;
}

/** Converts an array. Returns undefined if it is not floating-point or its size does not match its shape. */
function toTorchTensor(
  shape: unknown,
  numpyType: unknown,
  columnMajor: boolean,
  bytes: unknown,
): TorchTensor | undefined {
  const type = numpyType instanceof NumpyDType ? numpyType.type : undefined;
  if (
    type === undefined ||
    !isShape(shape) ||
    !(bytes instanceof Uint8Array) ||
    bytes.length !== type.bytes * sizeFromShape(shape)
  )
    return undefined;
  const strides = shape.map((_, axis) =>
    sizeFromShape(columnMajor ? shape.slice(0, axis) : shape.slice(axis + 1)),
  );
  return new TorchTensor(new InlineStorage(type, bytes), 0, shape, strides);
}

/** `_codecs.encode(text, 'latin1')`, which is how bytes are pickled for Python 2. Repeated texts are encoded once. */
export function createLatin1Encoder(): (args: readonly unknown[]) => unknown {
  const encoded = new Map<string, Uint8Array>();
  return ([text]) => {
    if (typeof text !== 'string') return new Placeholder();
    const bytes = encoded.get(text) ?? Buffer.from(text, 'latin1');
    encoded.set(text, bytes);
    return bytes;
  };
}
