import {existsSync} from 'node:fs';
import {
  access,
  copyFile,
  constants,
  link,
  lstat,
  mkdir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {UsageError} from '../errors.js';
import {isAlive, currentProcess, type ProcessIdentity} from './process-identity.js';
import {describeSystemError} from './system-error.js';

/** Name of a temporary file, which identifies its writer: `<name>.<pid>-<start>-<host>-<number>.unfinished`. */
const TEMPORARY_NAME = /\.(\d+)-(\d*)-([^/]*)-\d+\.unfinished$/;

/** Age in milliseconds after which a temporary file of another host counts as abandoned. */
const STALE_AFTER_MS = 24 * 3_600_000;

const hostName = ({host, namespace = ''}: ProcessIdentity): string =>
  `${host}${namespace}`.replace(/[^\w.]/g, '_');

let fileCounter = 0;

/**
 * A temporary name next to a path for an unfinished file. The leading dot hides it from listings; `removeStaleFiles` finds it after a kill.
 */
export function temporaryPath(path: string): string {
  const owner = currentProcess();
  const name = [...basename(path)].slice(0, 24).join(''); // keeps the full name within the system's limit on names
  return join(
    dirname(path),
    `.${name}.${owner.pid}-${owner.startedAt}-${hostName(owner)}-${++fileCounter}.unfinished`,
  );
}

/** Removes temporary files of dead processes from a directory. Never throws. @param recursive also searches subdirectories */
export async function removeStaleFiles(directory: string, recursive = false): Promise<void> {
  const names = await readdir(directory, {recursive}).catch(() => []);
  for (const name of names) {
    const owner = TEMPORARY_NAME.exec(name);
    if (owner === null) continue;
    const path = join(directory, name);
    const [, pid, startedAt, host] = owner;
    const idleMs = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    const isWriterAlive =
      host === hostName(currentProcess())
        ? isAlive({pid: Number(pid), startedAt: startedAt!, host})
        : idleMs < STALE_AFTER_MS;
    if (!isWriterAlive) await rm(path, {recursive: true, force: true}).catch(() => undefined);
  }
}

const nearestExisting = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));

/** Creates a directory and its missing parents. @returns the topmost directory created */
export async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, {recursive: true});
  } catch (error) {
    // Node also reports ENOENT on a read-only file system; access() throws the real error.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      await access(nearestExisting(resolve(path)), constants.W_OK);
    throw error;
  }
}

export type FileContent =
  string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<string | Uint8Array>;

export interface WriteOptions {
  /** Whether an existing file is an error, `EEXIST`. */
  readonly exclusive?: boolean;
}

/** Resolves links in a path: a link is written through. Anything but a regular file, such as `/dev/stdout`, is written directly. */
async function resolveTarget(
  path: string,
): Promise<{readonly target: string; readonly isFile: boolean}> {
  const target = await realpath(path).catch(() => resolve(path));
  const found = await lstat(target).catch(() => undefined);
  return {target, isFile: found === undefined || found.isFile()};
}

/** Gives a complete file its final name. @throws EEXIST if the name is taken */
async function linkExclusive(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL); // file system without hard links
  }
}

/**
 * Writes a file atomically: the complete, flushed file replaces the old one, or nothing changes. Every file that another process may read
 * is written with this. Missing parent folders are created.
 * @throws the system's error, with the requested path
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent,
  {exclusive = false}: WriteOptions = {},
): Promise<void> {
  const {target, isFile} = await resolveTarget(path);
  try {
    if (!isFile) return await writeFile(path, content, {flag: exclusive ? 'wx' : 'w'});
    await makeDirectory(dirname(target));
    const temporary = temporaryPath(target);
    try {
      await writeFile(temporary, content, {flush: true});
      if (exclusive) await linkExclusive(temporary, target);
      else await rename(temporary, target);
    } finally {
      await rm(temporary, {force: true}).catch(() => undefined);
    }
  } catch (error) {
    throw withErrorPath(error, path);
  }
}

/** Whether a file that had to be new already exists. */
export const isFileExistsError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'EEXIST' &&
  'syscall' in error &&
  error.syscall !== 'mkdir';

/** Sets the requested path on a system error, in place of a temporary one. Errors of `write` have no path of their own. */
export function withErrorPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error) Object.assign(error, {path});
  return error;
}

/**
 * Writes a file that the user named by an option.
 * @throws UsageError (exit 2) if it cannot be written
 */
export async function writeOutput(path: string, option: string, text: string): Promise<void> {
  await writeFileAtomic(path, text).catch((error: unknown) => {
    throw new UsageError(
      `${path} (${option}) cannot be written: ${describeSystemError(error)}. Choose another path.`,
    );
  });
}
