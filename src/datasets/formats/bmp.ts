import {readBmpHeader, type BmpHeader} from './bmp-header.js';
import {readBmpIndices, computeBmpRowBytes, assertBmpLength} from './bmp-indices.js';
import {damagedImageError, type Raster, type RasterDecoder} from './raster.js';

/** Output row of a row of the file. Most files store the bottom row first. */
const outputRow = ({isTopDown, height}: BmpHeader, y: number): number =>
  isTopDown ? y : height - 1 - y;

function decodePalette(header: BmpHeader, bytes: Uint8Array): Uint8Array {
  const {width, height, palette} = header;
  const indices = readBmpIndices(header, bytes);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    let to = outputRow(header, y) * width * 3;
    for (let x = 0; x < width; x++) {
      const index = indices[y * width + x]!;
      if (index >= palette.count) throw damagedImageError();
      const from = palette.start + index * palette.entryBytes;
      pixels[to++] = bytes[from + 2]!;
      pixels[to++] = bytes[from + 1]!;
      pixels[to++] = bytes[from]!;
    }
  }
  return pixels;
}

function decode24Bits(header: BmpHeader, bytes: Uint8Array): Uint8Array {
  const {width, height, start} = header;
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    let from = start + y * computeBmpRowBytes(header);
    const first = outputRow(header, y) * width * 3;
    for (let to = first; to < first + width * 3; to += 3, from += 3) {
      pixels[to] = bytes[from + 2]!;
      pixels[to + 1] = bytes[from + 1]!;
      pixels[to + 2] = bytes[from]!;
    }
  }
  return pixels;
}

/** Creates a function that reads a masked channel as 8 bits. Without bits, the channel is black. */
function createChannelReader(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const maxValue = mask >>> shift;
  return value => Math.floor((((value & mask) >>> shift) * 255) / maxValue);
}

function decodeMasks(header: BmpHeader, bytes: Uint8Array): Uint8Array {
  const {width, height, start, bits} = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const channels = header.masks.map(createChannelReader);
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = start + y * computeBmpRowBytes(header);
    const to = outputRow(header, y) * width * 4;
    for (let x = 0; x < width; x++) {
      const value =
        bits === 16 ? view.getUint16(from + 2 * x, true) : view.getUint32(from + 4 * x, true);
      for (let channel = 0; channel < 4; channel++)
        pixels[to + 4 * x + channel] = channels[channel]!(value);
    }
  }
  if (header.masks[3] === 0 || isFullyTransparent(pixels)) makeOpaque(pixels);
  return pixels;
}

/** Whether the alpha channel is empty. Programs without support for transparency leave it empty. */
function isFullyTransparent(pixels: Uint8Array): boolean {
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) return false;
  return true;
}

function makeOpaque(pixels: Uint8Array): void {
  for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255;
}

/** Maximum number of pixels per byte. Two bytes encode at most 255 pixels; moves may skip some, but no image consists of moves. */
const MAX_PIXELS_PER_BYTE = 1000;
const SMALL_IMAGE_PIXELS = 2 ** 20;

/** Decoder for `.bmp` of Windows and OS/2: 1 to 32 bits, palettes, masks and run-length encoding. */
export const bmp: RasterDecoder = {
  header(bytes) {
    const header = readBmpHeader(bytes);
    const {width, height, masks, coding} = header;
    if (coding === 'plain') assertBmpLength(header, bytes);
    else if (width * height > Math.max(SMALL_IMAGE_PIXELS, MAX_PIXELS_PER_BYTE * bytes.length))
      throw damagedImageError();
    return {width, height, depth: 8, hasAlpha: masks[3] !== 0};
  },
  decode(bytes): Raster {
    const header = readBmpHeader(bytes);
    const {width, height, bits} = header;
    if (bits <= 8) return {width, height, channels: 3, data: decodePalette(header, bytes)};
    assertBmpLength(header, bytes);
    if (bits === 24) return {width, height, channels: 3, data: decode24Bits(header, bytes)};
    return {width, height, channels: 4, data: decodeMasks(header, bytes)};
  },
};
