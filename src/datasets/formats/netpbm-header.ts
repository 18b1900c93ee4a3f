import type {ImageSize} from '../resample.js';
import {ImageFault} from '../readability.js';
import {damaged} from './raster.js';

/** What the lines before the pixels tell. */
export interface NetpbmHeader extends ImageSize {
  readonly channels: 1 | 2 | 3 | 4;
  /** The value of white. */
  readonly most: number;
  /** Written in digits. */
  readonly isPlain: boolean;
  /** 1 is black, and there is no largest value. */
  readonly isBitmap: boolean;
  /** Where the pixels begin. */
  readonly start: number;
}

/** Longer than any header that a program writes, comments included. */
const LONGEST = 65_536;

const SPACE = '(?:\\s|#[^\\n\\r]*[\\n\\r])+';
const BITMAP = new RegExp(`^P[14]${SPACE}(\\d+)${SPACE}(\\d+)(?:#[^\\n\\r]*[\\n\\r]|\\s)`);
const MAP = new RegExp(`^P[2356]${SPACE}(\\d+)${SPACE}(\\d+)${SPACE}(\\d+)(?:#[^\\n\\r]*[\\n\\r]|\\s)`);

function checked(header: NetpbmHeader, bytes: Uint8Array): NetpbmHeader {
  const {width, height, most, channels, isPlain, isBitmap, start} = header;
  if (!(width > 0 && height > 0 && width < 2 ** 31 && height < 2 ** 31 && most > 0 && most <= 65_535)) throw damaged();
  const sampleBytes = most > 255 ? 2 : 1;
  // Digits need a byte each at least, and what parts them.
  const rawBytes = isBitmap ? Math.ceil(width / 8) * height : width * height * channels * sampleBytes;
  const needed = isPlain ? (isBitmap ? width * height : 2 * width * height * channels - 1) : rawBytes;
  if (start + needed > bytes.length) throw damaged();
  return header;
}

/** P7: lines of a word and a value, in any order. */
function pamHeader(text: string, bytes: Uint8Array): NetpbmHeader {
  const end = /(?:^|\n)ENDHDR[ \t\r]*\n/.exec(text);
  if (end === null) throw damaged();
  const lines = text.slice(0, end.index).matchAll(/^([A-Z]+)[ \t]+([^\r\n]*?)[ \t\r]*$/gm);
  const values = new Map([...lines].map(([, word, value]) => [word!, value!]));
  const number = (word: string): number => Number(/^\d+$/.exec(values.get(word) ?? '') ?? NaN);
  const channels = number('DEPTH');
  if (channels > 4) throw new ImageFault(`it has ${channels} channels, which is not supported; save it as gray or RGB`);
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) throw damaged();
  const start = end.index + end[0].length;
  const size = {width: number('WIDTH'), height: number('HEIGHT')};
  return checked({...size, channels, most: number('MAXVAL'), isPlain: false, isBitmap: false, start}, bytes);
}

/** @throws ImageFault for a file whose header contradicts itself, or that has fewer pixels than it says */
export function netpbmHeader(bytes: Uint8Array): NetpbmHeader {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LONGEST)).toString('latin1');
  const kind = Number(text[1]);
  if (kind === 7) return pamHeader(text, bytes);
  const isBitmap = kind === 1 || kind === 4;
  const match = (isBitmap ? BITMAP : MAP).exec(text);
  if (match === null) throw damaged();
  const [width, height, most = 1] = match.slice(1).map(Number) as [number, number, number?];
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  return checked({width, height, channels, most, isPlain: kind <= 3, isBitmap, start: match[0].length}, bytes);
}
