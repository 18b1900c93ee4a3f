import {readFileSync, statSync} from 'node:fs';

/** Pipes that a shell opens and keeps writing to: `--recipe <(...)`. */
const SHELL_PIPE = /^\/(?:dev\/(?:fd\/|stdin$)|proc\/self\/fd\/)/;

const ENCODINGS: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** Bytes that are not text in a supported encoding. The message says what they are instead. */
export class EncodingError extends Error {}

/** Line number of the first bytes that are not UTF-8. */
function findInvalidLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const next = end === -1 ? bytes.length : end + 1;
    if (bytes.toString('utf8', start, next).includes('\ufffd')) return line;
    start = next;
  }
  return line;
}

/**
 * Decodes text: UTF-8, or UTF-16 with a byte order mark.
 * @throws EncodingError for any other encoding, which would corrupt names silently
 */
export function decodeText(bytes: Buffer): string {
  const [encoding] = ENCODINGS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte)) ?? [
    'utf-8',
  ];
  const isBinary = encoding === 'utf-8' && bytes.subarray(0, 1000).includes(0);
  if (isBinary)
    throw new EncodingError('bytes that are no text, or UTF-16 without its byte order mark');
  try {
    return new TextDecoder(encoding, {fatal: true}).decode(bytes);
  } catch {
    const location = encoding === 'utf-8' ? ` in line ${findInvalidLine(bytes)}` : '';
    throw new EncodingError(`bytes that are no ${encoding.toUpperCase()}${location}`);
  }
}

/**
 * Reads a text file named by the user. Other pipes and devices are rejected: a pipe without a writer would block and ignore Ctrl-C, and a
 * device may never end.
 * @throws EncodingError, an Error from Node, or an Error whose message says what is there instead of a file
 */
export function readTextFile(path: string): string {
  const stats = statSync(path);
  if (!stats.isFile() && !stats.isDirectory() && !SHELL_PIPE.test(path))
    throw new Error('what is neither a file nor a folder');
  return decodeText(readFileSync(path));
}
