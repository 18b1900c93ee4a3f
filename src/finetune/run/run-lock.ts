import {existsSync} from 'node:fs';
import {readdir, rename, rm, rmdir, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {defineError, FinetuneError, UsageError} from '../../core/errors.js';
import {Lock, type LockHolder} from '../../core/files/lock.js';
import {makeDirectory, removeStaleFiles} from '../../core/files/atomic-write.js';
import {shellQuote} from '../../core/text/printable.js';
import {isFinished, resolveLinks, replacedOf, replacementOf} from './run-files.js';

const LOCK = '.lock';

/** To take a directory that others make and remove meanwhile. */
const MAX_ATTEMPTS = 5;

/** `process 123 on gpu1, since 2026-11-28 22:04 UTC` */
function describeHolder({pid, host, since}: LockHolder): string {
  const when = since === undefined ? '' : `, since ${since.slice(0, 16).replace('T', ' ')} UTC`;
  return `process ${pid} on ${host}${when}`;
}

/** Another run writes to a directory. */
export class RunLockedError extends defineError(
  FinetuneError,
  'RUN_LOCKED',
  ({directory, holder}: {directory: string; holder: LockHolder}) =>
    `${directory} is in use by another run (${describeHolder(holder)}). Wait until it has ended, or give another --out.`,
) {}

/** What of a directory is not somebody's: locks, and what was written next to its place. */
const isOwnFile = (name: string): boolean =>
  name === LOCK || name === `${LOCK}.breaking` || name.endsWith('.unfinished');

/** Names in a directory that a run has left; none where there is no directory. */
export const listRunEntries = async (directory: string): Promise<string[]> =>
  existsSync(directory) ? (await readdir(directory)).filter(name => !isOwnFile(name)) : [];

/** Makes a directory. @returns the highest that was not there, to be removed if nothing comes into it */
async function createDirectory(
  directory: string,
  requestedPath: string,
): Promise<string | undefined> {
  try {
    return await makeDirectory(directory);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new UsageError(
      `${requestedPath} cannot be a run's directory: a file is in its way. Give another --out.`,
    );
  }
}

async function acquireLock(directory: string, requestedPath: string): Promise<Lock> {
  const lock = await Lock.tryAcquire(join(directory, LOCK));
  if (lock instanceof Lock) return lock;
  throw new RunLockedError({directory: requestedPath, holder: lock});
}

async function move(lock: Lock, from: string, to: string): Promise<void> {
  await rename(from, to);
  lock.setPath(join(to, LOCK));
}

/** Ends the replacement of a run by another that a kill came into. @throws RunLockedError where it is not dead */
async function recoverReplacement(run: string, requestedPath: string): Promise<void> {
  const [replacement, replaced] = [replacementOf(run), replacedOf(run)];
  const isWhole = isFinished(replacement);
  if (existsSync(run)) {
    if (!existsSync(replacement)) return rm(replaced, {recursive: true, force: true});
    // Three directories are a mystery; nothing is removed then.
    if (!isWhole || existsSync(replaced)) return;
    const lock = await acquireLock(run, requestedPath);
    await move(lock, run, replaced);
    await lock.release();
  }
  if (!existsSync(replaced)) return;
  const source = isWhole ? replacement : replaced;
  const lock = await acquireLock(source, requestedPath);
  await move(lock, source, run);
  await lock.release();
  if (isWhole) await rm(replaced, {recursive: true, force: true});
}

/** A run directory that this process, and nobody else, may write to. It is made if it must be, and goes again if nothing comes into it. */
export class RunLock {
  readonly #locks: {
    readonly lock: Lock;
    readonly directory: string;
    readonly created: string | undefined;
  }[] = [];

  /** @param requestedPath the directory as it was named; @param path what links to it lead to */
  private constructor(
    readonly requestedPath: string,
    readonly path: string,
  ) {}

  /** @throws RunLockedError where another run, of this process or another, has it; UsageError where a file lies there */
  static async acquire(requestedPath: string): Promise<RunLock> {
    const path = resolveLinks(requestedPath);
    const runLock = new RunLock(requestedPath, path);
    for (let attempt = 1; ; attempt++) {
      try {
        await recoverReplacement(path, requestedPath);
        await runLock.#lock(path);
        break;
      } catch (error) {
        // Another process has just removed or replaced it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MAX_ATTEMPTS)
          throw error;
      }
    }
    await removeStaleFiles(path, true);
    return runLock;
  }

  /** The directory next to it in which a replacement grows, this process's too. @throws UsageError where it can never take the place */
  async acquireReplacement(): Promise<string> {
    const {path, requestedPath} = this;
    if ((await stat(path)).dev !== (await stat(dirname(path))).dev) {
      throw new UsageError(
        `${requestedPath} is where a disk is mounted, and cannot be replaced as a whole. Give a folder in it: --out ${shellQuote(join(requestedPath, 'run'))}`,
      );
    }
    const directory = replacementOf(path);
    await this.#lock(directory);
    await removeStaleFiles(directory, true);
    return directory;
  }

  /** Puts the replacement, which is whole, into the place of the run. */
  async replace(): Promise<void> {
    const {path} = this;
    const [replacement, replaced] = [replacementOf(path), replacedOf(path)];
    const [old, fresh] = this.#locks;
    await move(old!.lock, path, replaced);
    await move(fresh!.lock, replacement, path);
    this.#locks.splice(0, 2, {...fresh!, directory: path});
    await old!.lock.release();
    await rm(replaced, {recursive: true, force: true});
  }

  /** For others to take. */
  async release(): Promise<void> {
    for (const {lock, directory, created} of this.#locks.splice(0).reverse()) {
      await lock.release();
      if (created !== undefined) await removeEmpty(directory, created);
    }
  }

  async #lock(directory: string): Promise<void> {
    const alreadyExists = existsSync(directory);
    const created = alreadyExists
      ? undefined
      : await createDirectory(directory, this.requestedPath);
    try {
      const lock = await acquireLock(directory, this.requestedPath);
      this.#locks.push({lock, directory, created});
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'ENOTDIR')
        throw new UsageError(
          `${this.requestedPath} is a file, and no directory for a run. Give another --out.`,
        );
      if (created !== undefined) await removeEmpty(directory, created);
      throw error;
    }
  }
}

/** Removes a directory, and those above it up to one, as far as they are empty. */
async function removeEmpty(directory: string, highest: string): Promise<void> {
  for (let path = directory; path.length >= highest.length; path = dirname(path)) {
    if (
      !(await rmdir(path).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}
