import {realpath, stat} from 'node:fs/promises';
import {extname, join, resolve, sep} from 'node:path';
import {WEB_DIRECTORY} from '../../../export/record/file-names.js';
import {findWebFiles} from '../../../export/web/web-page.js';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Media type of a file. Browsers refuse scripts and WebAssembly of another type. */
export const mediaTypeOf = (path: string): string =>
  MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';

/**
 * Names of folders and a file in the path of a request.
 * @returns undefined for a path that is not encoded correctly, or has a name that no file of a model has
 */
export function segmentsOf(url: string): string[] | undefined {
  const [path] = url.split(/[?#]/);
  try {
    const segments = path!.split('/').slice(1).map(decodeURIComponent);
    return segments.some(name => /^\.|[/\\\0]/.test(name)) ? undefined : segments;
  } catch {
    return undefined;
  }
}

/** A file below a directory. A link that leads out of the directory is not one. */
async function fileBelow(
  directory: string,
  segments: readonly string[],
): Promise<string | undefined> {
  try {
    const [root, path] = await Promise.all([
      realpath(directory),
      realpath(join(resolve(directory), ...segments)),
    ]);
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Path of the file that a request is for. `/web/` is the page. A model that was exported without a page is shown by the one of this package.
 * @param directory an exported model or an ensemble
 */
export async function findServedFile(directory: string, url: string): Promise<string | undefined> {
  const segments = segmentsOf(url);
  if (segments === undefined) return undefined;
  const names = segments.at(-1) === '' ? [...segments.slice(0, -1), 'index.html'] : segments;
  const own = await fileBelow(directory, names);
  if (own !== undefined || names.length !== 2 || names[0] !== WEB_DIRECTORY) return own;
  return new Map(Object.entries(findWebFiles())).get(names[1]!);
}
