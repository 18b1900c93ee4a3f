import type {ImageSize} from './resample.js';

const [SOI, APP1, APP2, SOS] = [0xd8, 0xe1, 0xe2, 0xda];
/** Start of a frame: 0xc0 to 0xcf, but for the tables that share the range. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** What the markers before the pixels of a JPEG file say. */
export interface JpegHeader extends ImageSize {
  /** The last two digits of its frame's marker: 0xc0 is baseline, 0xc2 progressive. */
  readonly frame: number;
  /** Bits of a sample. */
  readonly precision: number;
  readonly channels: number;
  /** Whether there may be an orientation, which stands in APP1. */
  readonly hasApp1: boolean;
  /** Its ICC profile, where that is in one piece; empty where it is in several. */
  readonly profile?: Uint8Array;
}

const ICC_SIGNATURE = Buffer.from('ICC_PROFILE\0', 'latin1');

/** The profile in an APP2 marker, that of the first of several pieces being empty. */
function readProfileAt(bytes: Buffer, at: number, length: number): Uint8Array | undefined {
  const body = bytes.subarray(at + 4, at + 2 + length);
  if (!body.subarray(0, ICC_SIGNATURE.length).equals(ICC_SIGNATURE)) return undefined;
  return body[ICC_SIGNATURE.length + 1] === 1
    ? body.subarray(ICC_SIGNATURE.length + 2)
    : new Uint8Array();
}

/**
 * The header of a JPEG file, read in microseconds, where libvips takes a third of the time that it then takes to decode a small image.
 * Undefined where it is damaged, or odd.
 */
function readJpegHeader(file: Uint8Array): JpegHeader | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  let header: Omit<JpegHeader, 'hasApp1' | 'profile'> | undefined;
  let profile: Uint8Array | undefined;
  let hasApp1 = false;
  // An orientation may stand anywhere before the pixels.
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

/** The header of a JPEG file that holds no surprise: gray or three colors, and no orientation. */
export function readSimpleJpegHeader(file: Uint8Array): JpegHeader | undefined {
  const header = readJpegHeader(file);
  return header === undefined || header.hasApp1 || (header.channels !== 1 && header.channels !== 3)
    ? undefined
    : header;
}

/** Baseline and extended, and progressive, in Huffman's code; all others are rare, and not every decoder has them. */
const SUPPORTED_FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2];

/** Why a JPEG file that could not be read cannot be; undefined where it should have been. */
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
