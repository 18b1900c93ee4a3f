import type {BmpHeader} from './bmp-header.js';
import {damagedImageError} from './raster.js';

const [END_OF_ROW, END, DELTA] = [0, 1, 2];

/** Bytes of a row, padded to a multiple of 4. */
export const computeBmpRowBytes = ({width, bits}: BmpHeader): number =>
  Math.ceil((width * bits) / 32) * 4;

/** Checks that all rows are present. The last row may lack its padding. */
export function assertBmpLength(header: BmpHeader, bytes: Uint8Array): void {
  const needed =
    header.start +
    (header.height - 1) * computeBmpRowBytes(header) +
    Math.ceil((header.width * header.bits) / 8);
  if (needed > bytes.length) throw damagedImageError();
}

function readUncompressedIndices(header: BmpHeader, bytes: Uint8Array): Uint8Array {
  const {width, height, bits, start} = header;
  assertBmpLength(header, bytes);
  const indices = new Uint8Array(width * height);
  const [row, perByte, mask] = [computeBmpRowBytes(header), 8 / bits, 2 ** bits - 1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1);
      indices[y * width + x] = (bytes[start + y * row + Math.floor(x / perByte)]! >> shift) & mask;
    }
  }
  return indices;
}

/** Decodes run-length encoded rows: runs of one or two colors, and literal pixels. Pixels that no run covers keep the first color. */
class RunLengthDecoder {
  readonly indices: Uint8Array;
  readonly #isNibbles: boolean;
  #at: number;
  #x = 0;
  #y = 0;

  constructor(
    private readonly header: BmpHeader,
    private readonly bytes: Uint8Array,
  ) {
    this.indices = new Uint8Array(header.width * header.height);
    this.#isNibbles = header.coding === 'rle4';
    this.#at = header.start;
  }

  #next(): number {
    if (this.#at >= this.bytes.length) throw damagedImageError();
    return this.bytes[this.#at++]!;
  }

  #put(index: number): void {
    if (this.#x < this.header.width && this.#y < this.header.height)
      this.indices[this.#y * this.header.width + this.#x] = index;
    this.#x++;
  }

  #pickIndex(byte: number, i: number): number {
    return this.#isNibbles ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte;
  }

  #readLiteral(count: number): void {
    const start = this.#at;
    let byte = 0;
    for (let i = 0; i < count; i++) {
      if (!this.#isNibbles || i % 2 === 0) byte = this.#next();
      this.#put(this.#pickIndex(byte, i));
    }
    if ((this.#at - start) % 2 === 1) this.#at++;
  }

  #startRow(): void {
    this.#x = 0;
    this.#y++;
  }

  /** Whether all rows are present. Then the end marker may be missing. */
  get #isComplete(): boolean {
    return (
      this.#y >= this.header.height ||
      (this.#y === this.header.height - 1 && this.#x >= this.header.width)
    );
  }

  read(): Uint8Array {
    for (;;) {
      if (this.#at >= this.bytes.length && this.#isComplete) return this.indices;
      const [count, value] = [this.#next(), this.#next()];
      if (count > 0) for (let i = 0; i < count; i++) this.#put(this.#pickIndex(value, i));
      else if (value === END) return this.indices;
      else if (value === END_OF_ROW) this.#startRow();
      else if (value === DELTA)
        [this.#x, this.#y] = [this.#x + this.#next(), this.#y + this.#next()];
      else this.#readLiteral(value);
    }
  }
}

/** Palette index of each pixel, in file order. @throws ImageError for a truncated file */
export const readBmpIndices = (header: BmpHeader, bytes: Uint8Array): Uint8Array =>
  header.coding === 'plain'
    ? readUncompressedIndices(header, bytes)
    : new RunLengthDecoder(header, bytes).read();
