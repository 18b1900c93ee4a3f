import {fromFloat16} from '../../core/float16.js';
import {formatInteger} from '../../core/text/format-count.js';
import {FormatError} from './format-error.js';

/** Storage format of numbers in a file (little-endian). Types without `decode`, such as integers, are not weights: they are skipped. */
export interface DType {
  readonly bytes: number;
  readonly decode?: (stored: Uint8Array) => Float32Array;
}

/** Types by their name in safetensors. */
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

/** Arguments for a typed array over the same memory, or over a copy if the bytes are not aligned to their size. */
function alignedView(stored: Uint8Array, bytes: number): [ArrayBufferLike, number, number] {
  const {buffer, byteOffset} = stored.byteOffset % bytes === 0 ? stored : new Uint8Array(stored);
  return [buffer, byteOffset, stored.length / bytes];
}

/** Decodes bfloat16, the upper half of a float32. */
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
 * Limit on the memory for reading a file: the size of the file, plus more for each requested tensor. A small file therefore cannot request
 * all memory.
 */
export class MemoryBudget {
  constructor(private remainingBytes: number) {}

  /** Adds memory for a requested tensor: its float32 values, and a stored form of up to 8 bytes per number. */
  grant(elements: number): void {
    this.remainingBytes += 16 * elements;
  }

  /** @throws FormatError if the budget is exceeded */
  reserve(name: string, bytes: number): void {
    this.remainingBytes -= bytes;
    if (this.remainingBytes < 0)
      throw new FormatError(`${formatInteger(bytes)} bytes for "${name}", far more than it needs`);
  }
}

const isDimension = (dimension: unknown): dimension is number =>
  Number.isSafeInteger(dimension) && (dimension as number) >= 0;

/** Whether a value is an array of non-negative integers. */
export const isShape = (shape: unknown): shape is readonly number[] =>
  Array.isArray(shape) && shape.length <= 32 && shape.every(isDimension);

/** Validates a shape from a file. @throws FormatError if it is invalid */
export function parseShape(name: string, shape: unknown): readonly number[] {
  if (!isShape(shape)) throw new FormatError(`no valid shape for tensor "${name}"`);
  return shape;
}
