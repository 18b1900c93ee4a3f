import {fromFloat16} from '../../core/float16.js';
import {formatInteger} from '../../core/text/format-count.js';
import {FormatError} from './format-error.js';

/** How the numbers of a file are stored (little-endian). Types without a `decode` are no weights here (integers, for one): read past, and not kept. */
export interface DType {
  readonly bytes: number;
  readonly decode?: (stored: Uint8Array) => Float32Array;
}

/** Named as safetensors names them. */
export const DTYPES = {
  F64: {bytes: 8, decode: stored => new Float32Array(new Float64Array(...alignedView(stored, 8)))},
  F32: {bytes: 4, decode: stored => new Float32Array(...alignedView(stored, 4))},
  F16: {bytes: 2, decode: decodeFloat16},
  BF16: {bytes: 2, decode: decodeBfloat16},
  I64: {bytes: 8},
  U64: {bytes: 8},
  I32: {bytes: 4},
  U32: {bytes: 4},
  I16: {bytes: 2},
  U16: {bytes: 2},
  I8: {bytes: 1},
  U8: {bytes: 1},
  BOOL: {bytes: 1},
  C64: {bytes: 8},
  F8_E4M3: {bytes: 1},
  F8_E5M2: {bytes: 1},
} as const satisfies Record<string, DType>;

/** Arguments for a typed array over the same memory, or over a copy where the bytes do not lie on a multiple of their size. */
function alignedView(stored: Uint8Array, bytes: number): [ArrayBufferLike, number, number] {
  const {buffer, byteOffset} = stored.byteOffset % bytes === 0 ? stored : new Uint8Array(stored);
  return [buffer, byteOffset, stored.length / bytes];
}

/** bfloat16 is the upper half of a float32. */
function decodeBfloat16(stored: Uint8Array): Float32Array {
  const bits = new Uint32Array(new Uint16Array(...alignedView(stored, 2)));
  for (let i = 0; i < bits.length; i++) bits[i]! <<= 16;
  return new Float32Array(bits.buffer);
}

function decodeFloat16(stored: Uint8Array): Float32Array {
  const halves = new Uint16Array(...alignedView(stored, 2));
  const values = new Float32Array(halves.length);
  fromFloat16(halves, values);
  return values;
}

/**
 * Bytes that may be held to read a file: as many as the file has, and more only for tensors that are asked for. A few bytes of a file
 * cannot ask for all the memory there is.
 */
export class MemoryBudget {
  constructor(private remainingBytes: number) {}

  /** A tensor of so many numbers is asked for: it, and its stored form of up to 8 bytes a number, may be held. */
  grant(elements: number): void {
    this.remainingBytes += 16 * elements;
  }

  /** @throws FormatError where what was granted does not suffice */
  reserve(name: string, bytes: number): void {
    this.remainingBytes -= bytes;
    if (this.remainingBytes < 0)
      throw new FormatError(`${formatInteger(bytes)} bytes for "${name}", far more than it needs`);
  }
}

const isDimension = (dimension: unknown): dimension is number =>
  Number.isSafeInteger(dimension) && (dimension as number) >= 0;

/** True for a list of whole numbers from 0 up. */
export const isShape = (shape: unknown): shape is readonly number[] =>
  Array.isArray(shape) && shape.length <= 32 && shape.every(isDimension);

/** A shape as found in a file. @throws FormatError where it is none */
export function parseShape(name: string, shape: unknown): readonly number[] {
  if (!isShape(shape)) throw new FormatError(`no valid shape for tensor "${name}"`);
  return shape;
}
