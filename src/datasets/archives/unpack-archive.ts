import {createHash} from 'node:crypto';
import {
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  utimes,
  writeFile,
} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {cacheDirectory} from '../../core/files/cache-directory.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {ArchiveError} from './archive-error.js';
import {archiveStem, type ArchiveKind} from './archive-kind.js';
import {EntryTargets} from './entry-paths.js';
import {unpackZip, type UnpackOptions} from './unpack-zip.js';

/**
 * Maximum expansion factor, and an additional allowance in bytes. Images hardly compress, so an archive that expands further is a zip bomb.
 */
const [MAX_EXPANSION, BASE_ALLOWANCE_BYTES] = [100, 2 ** 30];
/** Maximum fraction of the free disk space. */
const MAX_DISK_FRACTION = 0.9;

/** Unpacked archives that are unused for this long are removed when the next archive is unpacked. */
const RETENTION_DAYS = 14;

/** Marker file, written last. A folder without it is incomplete. */
const COMPLETION_MARKER = 'archive.json';
const PARTIAL_NAME = /^part-(.+)-(\d+)-[0-9a-z]+$/;

/** An archive unpacked into a folder of the cache. */
export interface UnpackedArchive {
  readonly folder: string;
  /** Names of all entries, relative to the folder. */
  readonly names: readonly string[];
}

const EDGE_BYTES = 2 ** 16;

/**
 * Cheap cache key of an archive: path, size, modification time, and both ends of the file. The end of a zip archive holds the checksums of
 * all entries.
 */
async function computeArchiveKey(path: string): Promise<string> {
  const file = await open(path);
  try {
    const {size, mtimeMs} = await file.stat();
    const hash = createHash('sha256').update(JSON.stringify([await realpath(path), size, mtimeMs]));
    for (const position of [0, Math.max(0, size - EDGE_BYTES)]) {
      const {buffer, bytesRead} = await file.read(
        Buffer.alloc(EDGE_BYTES),
        0,
        EDGE_BYTES,
        position,
      );
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await file.close();
  }
}

/** Reads the names in a complete folder, and marks the folder as used now. */
async function readEntryNames(folder: string): Promise<string[] | undefined> {
  const markerPath = join(folder, COMPLETION_MARKER);
  const text = await readFile(markerPath, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  await utimes(markerPath, new Date(), new Date()).catch(() => undefined);
  return (JSON.parse(text) as {names: string[]}).names;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes leftovers of killed processes and archives that are unused for long. Never throws. */
async function removeStaleArchives(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const partial = PARTIAL_NAME.exec(name);
    const folder = join(directory, name);
    const markerStats =
      partial === null
        ? await stat(join(folder, COMPLETION_MARKER)).catch(() => undefined)
        : undefined;
    const isAbandoned =
      partial !== null && partial[1] === hostname() && !isRunning(Number(partial[2]));
    const isOld =
      markerStats !== undefined && Date.now() - markerStats.mtimeMs > RETENTION_DAYS * 86_400_000;
    if (isAbandoned || isOld)
      await rm(folder, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function unpackInto(
  path: string,
  kind: ArchiveKind,
  directory: string,
  folder: string,
  options: UnpackOptions,
): Promise<string[]> {
  const {bavail, bsize} = await statfs(directory);
  const {size} = await stat(path);
  const targets = new EntryTargets(
    path,
    Math.min(MAX_EXPANSION * size + BASE_ALLOWANCE_BYTES, MAX_DISK_FRACTION * bavail * bsize),
  );
  const content = join(folder, archiveStem(path));
  await mkdir(content, {recursive: true});
  const unpack = kind === 'zip' ? unpackZip : (await import('./unpack-tar.js')).unpackTar; // the tar library is slow to load
  const names = await unpack(path, content, targets, options);
  await writeFile(join(folder, COMPLETION_MARKER), JSON.stringify({archive: path, names}));
  return names;
}

const unpackError = (path: string, directory: string, error: unknown): ArchiveError =>
  new ArchiveError(
    {path, cause: error},
    `${path} cannot be unpacked to ${directory}: ${describeSystemError(error)}. Make room or give FINETUNE_CACHE another folder, or unpack it yourself.`,
  );

/**
 * Unpacks an archive once into the cache directory. Two processes that unpack the same archive concurrently work independently; the folder
 * of the first is used.
 *
 * @throws ArchiveError, AbortedError
 */
export async function unpackArchive(
  path: string,
  kind: ArchiveKind,
  options: UnpackOptions,
): Promise<UnpackedArchive> {
  const directory = join(cacheDirectory(), 'archives');
  const partial = join(
    directory,
    `part-${hostname()}-${process.pid}-${Math.random().toString(36).slice(2)}`,
  );
  try {
    const folder = join(directory, await computeArchiveKey(path));
    const content = join(folder, archiveStem(path));
    const cachedNames = await readEntryNames(folder);
    if (cachedNames !== undefined) return {folder: content, names: cachedNames};
    await mkdir(directory, {recursive: true, mode: 0o700});
    await removeStaleArchives(directory);
    await mkdir(partial, {mode: 0o700});
    const names = await unpackInto(path, kind, directory, partial, options);
    await rename(partial, folder).catch(async error => {
      if ((await readEntryNames(folder)) === undefined) throw error;
    });
    return {folder: content, names};
  } catch (error) {
    throw error instanceof Error && 'syscall' in error
      ? unpackError(path, directory, error)
      : error;
  } finally {
    await rm(partial, {recursive: true, force: true}).catch(() => undefined);
  }
}
