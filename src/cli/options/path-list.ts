import {hasRawBytes} from '../../core/files/file-names.js';
import {printable, printableJson} from '../../core/text/printable.js';

// A name a line. One that a line cannot hold, that an editor would act on, or that begins as JSON does, is a JSON string.

const isPlain = (name: string): boolean =>
  printable(name) === name && !name.startsWith('"') && name === name.trim() && !hasRawBytes(name);

export const formatPathList = (names: readonly string[]): string =>
  names.map(name => `${isPlain(name) ? name : printableJson(name)}\n`).join('');

/** A line that is no JSON after all is the name itself. */
function parseLine(line: string): string {
  if (!line.startsWith('"')) return line;
  try {
    return String(JSON.parse(line));
  } catch {
    return line;
  }
}

/** Empty lines, a byte order mark and either kind of line end are no matter. */
export const parsePathList = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter(line => line !== '')
    .map(parseLine);
