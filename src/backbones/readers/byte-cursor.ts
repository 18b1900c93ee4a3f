import {formatInteger} from '../../core/text/format-count.js';
import {FormatError} from './format-error.js';

/** Maximum size of an integer. PyTorch's magic number has 10 bytes. */
const MAX_INTEGER_BYTES = 255;

/** Reads little-endian values in sequence, never beyond the end. */
export class ByteCursor {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public position = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** Reads a length. Values that a double cannot hold exactly exceed any file size. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  /** Reads a big-endian double, as in pickles. */
  float64(): number {
    return this.view.getFloat64(this.advance(8));
  }

  /** Returns a view of the next bytes. */
  take(length: number): Uint8Array {
    const from = this.advance(length);
    return this.bytes.subarray(from, from + length);
  }

  text(length: number): string {
    return Buffer.from(this.take(length)).toString();
  }

  /** Reads text up to a newline. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    const line = this.text((end === -1 ? this.bytes.length + 1 : end) - this.position);
    this.advance(1);
    return line;
  }

  /** Reads a two's complement integer. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES)
      throw new FormatError(
        `an integer of ${formatInteger(length)} bytes (at byte ${formatInteger(this.position)})`,
      );
    const hex = Buffer.from(this.take(length)).reverse().toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x${hex || '0'}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  private advance(length: number): number {
    const from = this.position;
    const missing = length - (this.bytes.length - from);
    if (missing > 0)
      throw new FormatError(
        `a cut at byte ${formatInteger(this.bytes.length)}, where ${formatInteger(missing)} more were to follow`,
      );
    this.position += length;
    return from;
  }
}
