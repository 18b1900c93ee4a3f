import {hasRawBytes} from './file-names.js';
import {printable, printableJson} from '../text/printable.js';

// Format: one name per line. A name is a JSON string if it has unprintable characters, surrounding spaces or raw bytes, or starts with a
// quote.

const isPlain = (name: string): boolean =>
  printable(name) === name && !name.startsWith('"') && name === name.trim() && !hasRawBytes(name);

/** Line of a list for one name. */
export const formatPathLine = (name: string): string =>
  isPlain(name) ? name : printableJson(name);

export const formatPathList = (names: readonly string[]): string =>
  names.map(name => `${formatPathLine(name)}\n`).join('');

/** A line that starts with a quote but is not valid JSON is the name itself. */
function parseLine(line: string): string {
  if (!line.startsWith('"')) return line;
  try {
    return String(JSON.parse(line));
  } catch {
    return line;
  }
}

/** Ignores empty lines and a byte order mark. Accepts LF and CRLF. */
export const parsePathList = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter(line => line !== '')
    .map(parseLine);
