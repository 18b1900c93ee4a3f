import type {ImageSize} from '../images/resample.js';
import {ImageError} from '../images/image-error.js';
import {damagedImageError} from './raster.js';

/** Header of a Netpbm file. */
export interface NetpbmHeader extends ImageSize {
  readonly channels: 1 | 2 | 3 | 4;
  /** The sample value of white. */
  readonly maxValue: number;
  /** Whether samples are written as ASCII digits. */
  readonly isPlain: boolean;
  /** Whether the file is a bitmap: 1 is black, and there is no maximum value. */
  readonly isBitmap: boolean;
  /** Offset of the pixels. */
  readonly start: number;
}

/** Maximum header size, comments included. No program writes longer headers. */
const MAX_HEADER_BYTES = 65_536;

const SPACE = '(?:\\s|#[^\\n\\r]*[\\n\\r])+';
const BITMAP = new RegExp(`^P[14]${SPACE}(\\d+)${SPACE}(\\d+)(?:#[^\\n\\r]*[\\n\\r]|\\s)`);
const MAP = new RegExp(
  `^P[2356]${SPACE}(\\d+)${SPACE}(\\d+)${SPACE}(\\d+)(?:#[^\\n\\r]*[\\n\\r]|\\s)`,
);

function assertComplete(header: NetpbmHeader, bytes: Uint8Array): NetpbmHeader {
  const {width, height, maxValue, channels, isPlain, isBitmap, start} = header;
  if (!(
    width > 0 &&
    height > 0 &&
    width < 2 ** 31 &&
    height < 2 ** 31 &&
    maxValue > 0 &&
    maxValue <= 65_535
  ))
    throw damagedImageError();
  const sampleBytes = maxValue > 255 ? 2 : 1;
  // Each ASCII number takes at least one digit and one separator.
  const rawBytes = isBitmap
    ? Math.ceil(width / 8) * height
    : width * height * channels * sampleBytes;
  const needed = isPlain
    ? isBitmap
      ? width * height
      : 2 * width * height * channels - 1
    : rawBytes;
  if (start + needed > bytes.length) throw damagedImageError();
  return header;
}

/** Reads a P7 header: lines of a keyword and a value, in any order. */
function readPamHeader(text: string, bytes: Uint8Array): NetpbmHeader {
  const end = /(?:^|\n)ENDHDR[ \t\r]*\n/.exec(text);
  if (end === null) throw damagedImageError();
  const lines = text.slice(0, end.index).matchAll(/^([A-Z]+)[ \t]+([^\r\n]*?)[ \t\r]*$/gm);
  const values = new Map([...lines].map(([, word, value]) => [word!, value!]));
  const readNumber = (word: string): number => Number(/^\d+$/.exec(values.get(word) ?? '') ?? NaN);
  const channels = readNumber('DEPTH');
  if (channels > 4)
    throw new ImageError(
      `it has ${channels} channels, which is not supported; save it as gray or RGB`,
    );
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4)
    throw damagedImageError();
  const start = end.index + end[0].length;
  const size = {width: readNumber('WIDTH'), height: readNumber('HEIGHT')};
  return assertComplete(
    {...size, channels, maxValue: readNumber('MAXVAL'), isPlain: false, isBitmap: false, start},
    bytes,
  );
}

/** @throws ImageError for an inconsistent header, or a file with fewer pixels than the header says */
export function readNetpbmHeader(bytes: Uint8Array): NetpbmHeader {
  const text = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    Math.min(bytes.length, MAX_HEADER_BYTES),
  ).toString('latin1');
  const kind = Number(text[1]);
  if (kind === 7) return readPamHeader(text, bytes);
  const isBitmap = kind === 1 || kind === 4;
  const match = (isBitmap ? BITMAP : MAP).exec(text);
  if (match === null) throw damagedImageError();
  const [width, height, maxValue = 1] = match.slice(1).map(Number) as [number, number, number?];
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  return assertComplete(
    {width, height, channels, maxValue, isPlain: kind <= 3, isBitmap, start: match[0].length},
    bytes,
  );
}
