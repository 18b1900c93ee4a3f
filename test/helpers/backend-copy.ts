import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {cacheDirectory} from '../../src/core/files/cache-directory.js';
import {
  backendsDirectory,
  listInstalledBackends,
  type InstalledBackend,
} from '../../src/backend/install/backend-directory.js';
import {freshCache} from './fresh-cache.js';

/** Larger files are shared with the backend they come from, where the file system can: `damage` replaces files and writes into none. */
const SHARED_FROM = 2 ** 20;

function share(from: string, to: string): void {
  mkdirSync(dirname(to), {recursive: true});
  try {
    if (statSync(from).size < SHARED_FROM) throw new Error('small');
    linkSync(from, to);
  } catch {
    cpSync(from, to, {preserveTimestamps: true});
  }
}

/** A cache of its own with a copy of the backend that runs the tests. */
export async function backendCopy(): Promise<{
  readonly cache: string;
  readonly backend: InstalledBackend;
}> {
  const original = listInstalledBackends(cacheDirectory())[0]!;
  const cache = await freshCache();
  const directory = join(backendsDirectory(cache), basename(original.directory));
  for (const name of [...Object.keys(original.files), 'engine.json'])
    share(join(original.directory, name), join(directory, name));
  return {cache, backend: listInstalledBackends(cache)[0]!};
}

/** Puts a changed copy of a file in its place. @param keepTime as a failing disk does */
export function damage(path: string, change: (bytes: Buffer) => Buffer, keepTime = false): void {
  const [bytes, {mtime, atime}] = [readFileSync(path), statSync(path)];
  rmSync(path);
  writeFileSync(path, change(bytes));
  if (keepTime) utimesSync(path, atime, mtime);
}

export function flipByte(bytes: Buffer): Buffer {
  bytes[bytes.length >> 1]! ^= 1;
  return bytes;
}
