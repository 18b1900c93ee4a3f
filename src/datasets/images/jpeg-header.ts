import type {ImageSize} from './resample.js';

const [SOI, APP1, APP2, SOS] = [0xd8, 0xe1, 0xe2, 0xda];
/** Whether a marker starts a frame: 0xc0 to 0xcf, except for the tables in that range. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Header of a JPEG file, from the markers before the pixels. */
export interface JpegHeader extends ImageSize {
  /** Second byte of the frame marker: 0xc0 is baseline, 0xc2 progressive. */
  readonly frame: number;
  /** Bits per sample. */
  readonly precision: number;
  readonly channels: number;
  /** Whether APP1 is present, which may hold the EXIF orientation. */
  readonly hasApp1: boolean;
  /** ICC profile, if it is in one piece; empty if it is in several. */
  readonly profile?: Uint8Array;
}

const ICC_SIGNATURE = Buffer.from('ICC_PROFILE\0', 'latin1');

/** Reads the ICC profile in an APP2 marker; empty for the first of several pieces. */
function readProfileAt(bytes: Buffer, at: number, length: number): Uint8Array | undefined {
  const body = bytes.subarray(at + 4, at + 2 + length);
  if (!body.subarray(0, ICC_SIGNATURE.length).equals(ICC_SIGNATURE)) return undefined;
  return body[ICC_SIGNATURE.length + 1] === 1
    ? body.subarray(ICC_SIGNATURE.length + 2)
    : new Uint8Array();
}

/**
 * Reads the header of a JPEG file in microseconds. libvips takes a third of the time that it then needs to decode a small image. Undefined
 * if the header is damaged or unusual.
 */
function readJpegHeader(file: Uint8Array): JpegHeader | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  let header: Omit<JpegHeader, 'hasApp1' | 'profile'> | undefined;
  let profile: Uint8Array | undefined;
  let hasApp1 = false;
  // An EXIF orientation may be anywhere before the pixels.
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    const length = bytes.readUInt16BE(at + 2);
    if (marker === SOS) return header && {...header, hasApp1, ...(profile && {profile})};
    if (marker < 0xc0) return undefined;
    if (marker === APP1) hasApp1 = true;
    if (marker === APP2) profile ??= readProfileAt(bytes, at, length);
    if (isFrame(marker)) {
      const [precision, height, width, channels] = [
        bytes[at + 4]!,
        bytes.readUInt16BE(at + 5),
        bytes.readUInt16BE(at + 7),
        bytes[at + 9]!,
      ];
      if (header !== undefined || height === 0 || width === 0) return undefined;
      header = {frame: marker, precision, width, height, channels};
    }
    at += 2 + length;
  }
  return undefined;
}

/** Reads the header of an ordinary JPEG file: gray or three colors, without orientation; undefined for all others. */
export function readSimpleJpegHeader(file: Uint8Array): JpegHeader | undefined {
  const header = readJpegHeader(file);
  return header === undefined || header.hasApp1 || (header.channels !== 1 && header.channels !== 3)
    ? undefined
    : header;
}

/** Supported frames: baseline, extended and progressive, with Huffman coding. All others are rare, and not every decoder supports them. */
const SUPPORTED_FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2];

/** The reason why a JPEG file could not be read; undefined if its features are supported. */
export function describeJpegFailure(bytes: Uint8Array): string | undefined {
  const header = readJpegHeader(bytes);
  if (header === undefined) return undefined;
  if (header.precision === 12 || header.precision === 16)
    return `its kind of JPEG (${header.precision} bits a color) is not supported; convert it to PNG`;
  if (header.frame === 0xc3)
    return 'its kind of JPEG (lossless) is not supported; convert it to PNG';
  return SUPPORTED_FRAMES.includes(header.frame)
    ? undefined
    : 'its kind of JPEG (arithmetic or hierarchical coding) is not supported; convert it to JPEG or PNG';
}
