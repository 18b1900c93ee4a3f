import {sizeOf} from '../../core/host-tensor.js';
import {ELEMENT_TYPES, isShape, type ElementType} from './elements.js';
import {Placeholder} from './placeholder.js';
import {TorchStorage, TorchTensor} from './torch-tensor.js';

/** A storage whose numbers lie in the pickle itself. */
export class InlineStorage extends TorchStorage {
  constructor(
    type: ElementType,
    readonly stored: Uint8Array,
  ) {
    super('', type, stored.length / type.bytes);
  }
}

const TYPES: Readonly<Record<string, ElementType>> = {f2: ELEMENT_TYPES.F16, f4: ELEMENT_TYPES.F32, f8: ELEMENT_TYPES.F64};

/** `numpy.dtype('f4', False, True)`, then its state `(3, '<', ...)`. Whole numbers and big-endian ones are no weights here. */
export class NumpyType extends Placeholder {
  private order: unknown = '<';

  constructor(private readonly code: unknown) {
    super();
  }

  get type(): ElementType | undefined {
    return this.order === '<' && typeof this.code === 'string' && Object.hasOwn(TYPES, this.code) ? TYPES[this.code] : undefined;
  }

  override setState(state: unknown): void {
    if (Array.isArray(state)) this.order = state[1];
  }
}

/** An array as NumPy pickles it: its state is `(version, shape, type, whether column-major, bytes)`. */
export class NumpyArray extends Placeholder {
  tensor: TorchTensor | undefined;

  override setState(state: unknown): void {
    const [, shape, type, columnMajor, bytes] = Array.isArray(state) ? (state as unknown[]) : [];
    this.tensor = tensorOf(shape, type, columnMajor === true, bytes);
  }
}

/** Of protocol 5: `_frombuffer(bytes, type, shape, order)`. */
export function arrayFromBuffer([bytes, type, shape, order]: readonly unknown[]): NumpyArray {
  const array = new NumpyArray();
  array.tensor = tensorOf(shape, type, order === 'F', bytes);
  return array;
}

/** Undefined for what holds no floating-point numbers, or not as many as its shape says. */
function tensorOf(shape: unknown, numpyType: unknown, columnMajor: boolean, bytes: unknown): TorchTensor | undefined {
  const type = numpyType instanceof NumpyType ? numpyType.type : undefined;
  if (type === undefined || !isShape(shape) || !(bytes instanceof Uint8Array) || bytes.length !== type.bytes * sizeOf(shape))
    return undefined;
  const strides = shape.map((_, axis) => sizeOf(columnMajor ? shape.slice(0, axis) : shape.slice(axis + 1)));
  return new TorchTensor(new InlineStorage(type, bytes), 0, shape, strides);
}

/** `_codecs.encode(text, 'latin1')`, which is how bytes are pickled for Python 2; a text that is met again is encoded once. */
export function bytesOfTexts(): (args: readonly unknown[]) => unknown {
  const known = new Map<string, Uint8Array>();
  return ([text]) => {
    if (typeof text !== 'string') return new Placeholder();
    const bytes = known.get(text) ?? Buffer.from(text, 'latin1');
    known.set(text, bytes);
    return bytes;
  };
}
