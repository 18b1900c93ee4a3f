import {readFileSync, statSync} from 'node:fs';

/** What a shell has opened and goes on to write to: `--recipe <(...)`. */
const OPENED = /^\/(?:dev\/(?:fd\/|stdin$)|proc\/self\/fd\/)/;

/**
 * The text of a file that a person named. A pipe that nobody writes to would keep the program waiting, out of reach of Ctrl-C, and a device
 * may never end.
 *
 * @throws Error of Node's, or one whose message says what there is instead of a file
 */
export function readTextFile(path: string): string {
  const found = statSync(path);
  if (!found.isFile() && !found.isDirectory() && !OPENED.test(path)) throw new Error('what is neither a file nor a folder');
  return readFileSync(path, 'utf8');
}
