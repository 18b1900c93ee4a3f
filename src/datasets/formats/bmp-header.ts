import {ImageError} from '../images/image-error.js';
import type {ImageSize} from '../images/resample.js';
import {damagedImageError} from './raster.js';

/** Storage format of the pixels of a BMP file. */
export interface BmpHeader extends ImageSize {
  readonly bits: 1 | 2 | 4 | 8 | 16 | 24 | 32;
  readonly isTopDown: boolean;
  readonly coding: 'plain' | 'rle8' | 'rle4';
  /** Bit masks of red, green, blue and alpha, for 16 and 32 bits per pixel; 0 for a missing channel. */
  readonly masks: readonly [number, number, number, number];
  /** Offset of the pixels. */
  readonly start: number;
  readonly palette: {readonly start: number; readonly entryBytes: 3 | 4; readonly count: number};
}

const FILE_HEADER = 14;
/** Size of the OS/2 1.x header, with 16-bit sides and palette entries of 3 bytes. */
const CORE_HEADER = 12;
const [PLAIN, RLE8, RLE4, BITFIELDS, ALPHA_BITFIELDS] = [0, 1, 2, 3, 6];

const DEFAULT_MASKS: Readonly<Record<number, BmpHeader['masks']>> = {
  16: [0x7c00, 0x3e0, 0x1f, 0],
  32: [0xff0000, 0xff00, 0xff, 0],
};
const NO_MASKS: BmpHeader['masks'] = [0, 0, 0, 0];

function readMasks(
  view: DataView,
  headerBytes: number,
  bits: number,
  compression: number,
): BmpHeader['masks'] {
  const isMasked = compression === BITFIELDS || compression === ALPHA_BITFIELDS;
  if (!isMasked || (bits !== 16 && bits !== 32)) return DEFAULT_MASKS[bits] ?? NO_MASKS;
  const hasAlpha = headerBytes >= 56 || compression === ALPHA_BITFIELDS;
  const mask = (index: number): number => view.getUint32(FILE_HEADER + 40 + 4 * index, true);
  return [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0];
}

function parseCoding(compression: number, bits: number): BmpHeader['coding'] {
  if (compression === RLE8 && bits === 8) return 'rle8';
  if (compression === RLE4 && bits === 4) return 'rle4';
  if (
    compression === PLAIN ||
    ((compression === BITFIELDS || compression === ALPHA_BITFIELDS) && bits >= 16)
  )
    return 'plain';
  throw new ImageError(
    `its kind of BMP (${bits} bits, compression ${compression}) is not supported; convert it to PNG`,
  );
}

function parseBits(bits: number): BmpHeader['bits'] {
  if (
    bits === 1 ||
    bits === 2 ||
    bits === 4 ||
    bits === 8 ||
    bits === 16 ||
    bits === 24 ||
    bits === 32
  )
    return bits;
  if (bits === 64 || bits === 0)
    throw new ImageError(`its kind of BMP (${bits} bits) is not supported; convert it to PNG`);
  throw damagedImageError();
}

/** @throws ImageError for a truncated, inconsistent or unsupported header */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerBytes =
    bytes.length >= FILE_HEADER + CORE_HEADER ? view.getUint32(FILE_HEADER, true) : 0;
  if (headerBytes === 0 || bytes.length < FILE_HEADER + headerBytes) throw damagedImageError();
  const isCore = headerBytes === CORE_HEADER;
  const [width, height] = isCore
    ? [view.getUint16(18, true), view.getUint16(20, true)]
    : [view.getInt32(18, true), view.getInt32(22, true)];
  const bits = parseBits(view.getUint16(isCore ? 24 : 28, true));
  const isLong = headerBytes >= 40; // OS/2 2.x may omit the fields after the bit depth
  const compression = isLong ? view.getUint32(30, true) : PLAIN;
  const hasSeparateMasks =
    headerBytes === 40 && (compression === BITFIELDS || compression === ALPHA_BITFIELDS);
  const maskBytes = hasSeparateMasks ? (compression === BITFIELDS ? 12 : 16) : 0;
  if (width <= 0 || height === 0 || bytes.length < FILE_HEADER + headerBytes + maskBytes)
    throw damagedImageError();
  const paletteStart = FILE_HEADER + headerBytes + maskBytes;
  const entryBytes = isCore ? 3 : 4;
  const start = view.getUint32(10, true);
  const declaredColors = isLong ? view.getUint32(46, true) : 0;
  const maxPaletteSize = Math.floor(
    ((start > paletteStart ? Math.min(start, bytes.length) : bytes.length) - paletteStart) /
      entryBytes,
  );
  const paletteSize =
    bits > 8 ? 0 : declaredColors === 0 ? 2 ** bits : Math.min(declaredColors, 2 ** bits);
  return {
    ...{
      width,
      height: Math.abs(height),
      bits,
      isTopDown: height < 0,
      coding: parseCoding(compression, bits),
    },
    masks: readMasks(view, headerBytes, bits, compression),
    start: start === 0 ? paletteStart + paletteSize * entryBytes : start,
    palette: {start: paletteStart, entryBytes, count: Math.min(paletteSize, maxPaletteSize)},
  };
}
