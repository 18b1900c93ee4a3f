import {createHash} from 'node:crypto';
import {mkdir, open, readdir, readFile, realpath, rename, rm, stat, statfs, utimes, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {cacheDirectory} from '../../core/cache-directory.js';
import {whyOf} from '../../core/system-error.js';
import {ArchiveError} from './archive-error.js';
import {archiveStem, type ArchiveKind} from './archive-kind.js';
import {EntryPlaces} from './entry-places.js';
import {unpackZip, type Unpacking} from './unpack-zip.js';

/** Images hardly shrink in an archive. What grows beyond these is made to fill the disk. */
const [MOST_GROWTH, ALWAYS_ALLOWED] = [100, 2 ** 30];
/** Of the free disk. */
const MOST_OF_DISK = 0.9;

/** What was unpacked and not used for so long is removed when the next archive is unpacked. */
const KEPT_DAYS = 14;

/** Written last: a folder without it is not whole. */
const SEAL = 'archive.json';
const PART = /^part-(.+)-(\d+)-[0-9a-z]+$/;

/** An archive's files in a folder of the cache. */
export interface Unpacked {
  readonly folder: string;
  /** Names of all entries, relative to the folder. */
  readonly names: readonly string[];
}

const EDGE_BYTES = 2 ** 16;

/** Of an archive, as cheap as may be: path, size, time, and its ends. That of a zip archive has the checksums of all entries. */
async function keyOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const {size, mtimeMs} = await file.stat();
    const hash = createHash('sha256').update(JSON.stringify([await realpath(path), size, mtimeMs]));
    for (const position of [0, Math.max(0, size - EDGE_BYTES)]) {
      const {buffer, bytesRead} = await file.read(Buffer.alloc(EDGE_BYTES), 0, EDGE_BYTES, position);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await file.close();
  }
}

/** The names in a folder that is whole, which counts as used from now on. */
async function sealed(folder: string): Promise<string[] | undefined> {
  const seal = join(folder, SEAL);
  const text = await readFile(seal, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  await utimes(seal, new Date(), new Date()).catch(() => undefined);
  return (JSON.parse(text) as {names: string[]}).names;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what a killed process left, and what has not been used for long. Never throws. */
async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const part = PART.exec(name);
    const folder = join(directory, name);
    const used = part === null ? await stat(join(folder, SEAL)).catch(() => undefined) : undefined;
    const isLeft = part !== null && part[1] === hostname() && !isRunning(Number(part[2]));
    const isOld = used !== undefined && Date.now() - used.mtimeMs > KEPT_DAYS * 86_400_000;
    if (isLeft || isOld) await rm(folder, {recursive: true, force: true}).catch(() => undefined);
  }
}

async function unpackInto(path: string, kind: ArchiveKind, directory: string, folder: string, unpacking: Unpacking): Promise<string[]> {
  const {bavail, bsize} = await statfs(directory);
  const {size} = await stat(path);
  const places = new EntryPlaces(path, Math.min(MOST_GROWTH * size + ALWAYS_ALLOWED, MOST_OF_DISK * bavail * bsize));
  const content = join(folder, archiveStem(path));
  await mkdir(content, {recursive: true});
  const unpack = kind === 'zip' ? unpackZip : (await import('./unpack-tar.js')).unpackTar; // whose library takes its time to load
  const names = await unpack(path, content, places, unpacking);
  await writeFile(join(folder, SEAL), JSON.stringify({archive: path, names}));
  return names;
}

const notUnpacked = (path: string, directory: string, error: unknown): ArchiveError =>
  new ArchiveError(
    path,
    `${path} cannot be unpacked to ${directory}: ${whyOf(error)}. Make room or give FINETUNE_CACHE another folder, or unpack it yourself.`,
    {cause: error},
  );

/**
 * The files of an archive, unpacked once into the cache directory. Two processes that unpack one archive at a time do so beside each other,
 * and the folder of the first is used.
 *
 * @throws ArchiveError, AbortedError
 */
export async function unpacked(path: string, kind: ArchiveKind, unpacking: Unpacking): Promise<Unpacked> {
  const directory = join(cacheDirectory(), 'archives');
  const part = join(directory, `part-${hostname()}-${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    const folder = join(directory, await keyOf(path));
    const content = join(folder, archiveStem(path));
    const known = await sealed(folder);
    if (known !== undefined) return {folder: content, names: known};
    await mkdir(directory, {recursive: true, mode: 0o700});
    await sweep(directory);
    await mkdir(part, {mode: 0o700});
    const names = await unpackInto(path, kind, directory, part, unpacking);
    await rename(part, folder).catch(async error => {
      if ((await sealed(folder)) === undefined) throw error;
    });
    return {folder: content, names};
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? notUnpacked(path, directory, error) : error;
  } finally {
    await rm(part, {recursive: true, force: true}).catch(() => undefined);
  }
}
