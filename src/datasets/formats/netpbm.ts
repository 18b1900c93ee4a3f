import {damagedImageError, type Raster, type RasterDecoder} from './raster.js';
import {readNetpbmHeader, type NetpbmHeader} from './netpbm-header.js';

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** Reads the numbers of a plain file, written as ASCII digits. */
class AsciiReader {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  #skip(): void {
    for (; this.at < this.bytes.length; this.at++) {
      if (this.bytes[this.at] === 0x23)
        while (this.at < this.bytes.length && this.bytes[this.at] !== 0x0a) this.at++;
      else if (!isSpace(this.bytes[this.at]!)) return;
    }
  }

  /** Reads a bit of a bitmap, where each digit is a sample. */
  readBit(): number {
    this.#skip();
    const byte = this.bytes[this.at++];
    if (byte !== 0x30 && byte !== 0x31) throw damagedImageError();
    return byte - 0x30;
  }

  readNumber(): number {
    this.#skip();
    const start = this.at;
    let value = 0;
    for (; this.at < this.bytes.length; this.at++) {
      const digit = this.bytes[this.at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      value = Math.min(1e6, value * 10 + digit);
    }
    if (this.at === start) throw damagedImageError();
    return value;
  }
}

/** Creates a function that returns the next sample, in either encoding. */
function createSampleReader(header: NetpbmHeader, bytes: Uint8Array): () => number {
  let at = header.start;
  if (header.isPlain) {
    const digits = new AsciiReader(bytes, at);
    return header.isBitmap ? () => 1 - digits.readBit() : () => digits.readNumber();
  }
  return header.maxValue > 255 ? () => bytes[at++]! * 256 + bytes[at++]! : () => bytes[at++]!;
}

/** Decodes a packed bitmap: 1 is black, 8 pixels per byte, and each row starts at a new byte. */
function decodeBitmap({width, height, start}: NetpbmHeader, bytes: Uint8Array): Uint8Array {
  const row = Math.ceil(width / 8);
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      pixels[y * width + x] = (bytes[start + y * row + (x >> 3)]! >> (7 - (x & 7))) & 1 ? 0 : 255;
  }
  return pixels;
}

function decodeRaster(header: NetpbmHeader, bytes: Uint8Array): Raster {
  const {width, height, channels, maxValue} = header;
  if (header.isBitmap && !header.isPlain)
    return {width, height, channels: 1, data: decodeBitmap(header, bytes)};
  const next = createSampleReader(header, bytes);
  const count = width * height * channels;
  const samples = new Uint8Array(count);
  for (let i = 0; i < count; i++)
    samples[i] = Math.round((Math.min(next(), maxValue) * 255) / maxValue);
  return channels === 2
    ? {width, height, channels: 4, data: grayAlphaToRgba(samples)}
    : {width, height, channels, data: samples};
}

/** Converts gray with alpha to RGBA. */
function grayAlphaToRgba(pairs: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(2 * pairs.length);
  for (let i = 0; i < pairs.length; i += 2)
    pixels.set([pairs[i]!, pairs[i]!, pairs[i]!, pairs[i + 1]!], 2 * i);
  return pixels;
}

/** Decoder for `.pbm`, `.pgm`, `.ppm` (P1 to P6, plain and raw) and `.pam` (P7), with any maximum value up to 65,535. */
export const netpbm: RasterDecoder = {
  header(bytes) {
    const {width, height, channels, maxValue} = readNetpbmHeader(bytes);
    return {
      width,
      height,
      depth: maxValue > 255 ? 16 : 8,
      hasAlpha: channels === 2 || channels === 4,
    };
  },
  decode: bytes => decodeRaster(readNetpbmHeader(bytes), bytes),
};
