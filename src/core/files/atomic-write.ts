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
import {isAlive, currentProcess, type ProcessIdentity} from './process-identity.js';

/** `<name>.<process>-<start>-<host>-<number>.unfinished`: what is written next to its place says who writes it. */
const TEMPORARY_NAME = /\.(\d+)-(\d*)-([^/]*)-\d+\.unfinished$/;

/** What nobody near has written is not written to any more after so long, in milliseconds. */
const STALE_AFTER_MS = 24 * 3_600_000;

const hostName = ({host, namespace = ''}: ProcessIdentity): string =>
  `${host}${namespace}`.replace(/[^\w.]/g, '_');

let fileCounter = 0;

/** A name next to a path for what is not whole yet. It hides from whoever lists the folder, and `sweep` finds it after a kill. */
export function temporaryPath(path: string): string {
  const owner = currentProcess();
  const name = [...basename(path)].slice(0, 24).join(''); // with all that follows no longer than a name may be
  return join(
    dirname(path),
    `.${name}.${owner.pid}-${owner.startedAt}-${hostName(owner)}-${++fileCounter}.unfinished`,
  );
}

/** Removes what dead processes have left unfinished in a directory. Never throws. @param recursive in those below it, too */
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

/** Makes a directory and those above it. @returns the highest that was not there */
export async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, {recursive: true});
  } catch (error) {
    // What Node says of a read-only file system, too.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      await access(nearestExisting(resolve(path)), constants.W_OK);
    throw error;
  }
}

export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

export interface WriteOptions {
  /** Whether a file that is there already is an error, `EEXIST`. */
  readonly exclusive?: boolean;
}

/** Where a path leads; a link is written through. What is no file, such as `/dev/stdout`, is written as it is. */
async function resolveTarget(
  path: string,
): Promise<{readonly target: string; readonly isFile: boolean}> {
  const target = await realpath(path).catch(() => resolve(path));
  const found = await lstat(target).catch(() => undefined);
  return {target, isFile: found === undefined || found.isFile()};
}

/** Gives a whole file a name that is not taken. */
async function linkExclusive(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL); // a file system without links
  }
}

/**
 * The one way to write a file that somebody else may read: it is whole, on the disk and then in its place, or nothing has changed. Folders
 * above it are made.
 * @throws the system's error, with the path that was asked for
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

/** Whether a file was there already that was to be new. */
export const isFileExistsError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'EEXIST' &&
  'syscall' in error &&
  error.syscall !== 'mkdir';

/** An error of the system that names the file that was asked for, not one that was made next to it; a write alone names none. */
export function withErrorPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error) Object.assign(error, {path});
  return error;
}
