import {readdir, stat} from 'node:fs/promises';
import {dirname, join, relative} from 'node:path';
import {assertTrusted} from '../../core/files/cache-directory.js';
import {sha256File} from '../../core/files/sha256.js';
import {
  backendsDirectory,
  MANIFEST_FILE,
  writeManifest,
  type BackendFile,
  type BackendFiles,
  type InstalledBackend,
} from './backend-directory.js';

const roundMtime = (mtimeMs: number): number => Math.round(mtimeMs);

async function describeFile(path: string): Promise<BackendFile> {
  const {size, mtimeMs} = await stat(path);
  return {bytes: size, sha256: await sha256File(path), changed: roundMtime(mtimeMs)};
}

/** Sizes, hashes and times of the files of a finished backend, by path in its directory. */
export async function hashBackendFiles(directory: string): Promise<BackendFiles> {
  const entries = await readdir(directory, {recursive: true, withFileTypes: true});
  const names = entries
    .filter(entry => entry.isFile())
    .map(({parentPath, name}) => relative(directory, join(parentPath, name)));
  const files: Record<string, BackendFile> = {};
  for (const name of names.filter(name => name !== MANIFEST_FILE).sort())
    files[name] = await describeFile(join(directory, name));
  return files;
}

/** @throws UntrustedCacheError if another user could have changed what is loaded from a backend */
export function assertTrustedBackend(cache: string, {directory, files}: InstalledBackend): void {
  const paths = Object.keys(files).flatMap(name => [
    dirname(join(directory, name)),
    join(directory, name),
  ]);
  assertTrusted(cache, [
    ...new Set([backendsDirectory(cache), directory, join(directory, MANIFEST_FILE), ...paths]),
  ]);
}

/** Result of checking a file. */
interface FileCheck {
  /** What is wrong: `has 1000 bytes instead of 788086608`. */
  readonly damage?: string;
  /** The file's current state, if all of it was read. */
  readonly file?: BackendFile;
}

async function checkFile(
  path: string,
  {bytes, sha256, changed}: BackendFile,
  isFullCheck: boolean,
): Promise<FileCheck> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return {damage: 'is not there'};
  if (found.size !== bytes) return {damage: `has ${found.size} bytes instead of ${bytes}`};
  if (!isFullCheck && roundMtime(found.mtimeMs) === changed) return {};
  const file = await describeFile(path);
  return file.sha256 === sha256 ? {file} : {damage: 'does not hold what was installed'};
}

/**
 * Checks that the files of a backend are those that passed the self-test. Every start compares sizes and times. A file with another time is
 * read in full; with `isFullCheck` all are. A copied backend is therefore read once, and its new times are stored.
 * @returns a message about the damage; undefined if there is none
 */
export async function findDamage(
  backend: InstalledBackend,
  isFullCheck: boolean,
): Promise<string | undefined> {
  const {directory, files, ...manifest} = backend;
  const checkedFiles: Record<string, BackendFile> = {...files};
  for (const [name, file] of Object.entries(files)) {
    const check = await checkFile(join(directory, name), file, isFullCheck);
    if (check.damage !== undefined) return `${name} ${check.damage}`;
    checkedFiles[name] = check.file ?? file;
  }
  const isUnchanged = Object.entries(files).every(
    ([name, {changed}]) => checkedFiles[name]!.changed === changed,
  );
  // If this fails, the next start reads the files again.
  if (!isUnchanged)
    await writeManifest(directory, {...manifest, files: checkedFiles}).catch(() => undefined);
  return undefined;
}
