import {existsSync} from 'node:fs';
import {readdir, rename, rm, rmdir, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {defineError, FinetuneError, UsageError} from '../../core/errors.js';
import {Lock, type LockHolder} from '../../core/files/lock.js';
import {makeDirectory, removeStaleFiles} from '../../core/files/atomic-write.js';
import {shellQuote} from '../../core/text/printable.js';
import {isFinished, resolveLinks, replacedOf, replacementOf} from './run-files.js';

const LOCK = '.lock';

/** Attempts to lock a directory that other processes create and remove meanwhile. */
const MAX_ATTEMPTS = 5;

/** `process 123 on gpu1, since 2026-11-28 22:04 UTC` */
function describeHolder({pid, host, since}: LockHolder): string {
  const when = since === undefined ? '' : `, since ${since.slice(0, 16).replace('T', ' ')} UTC`;
  return `process ${pid} on ${host}${when}`;
}

/** Another run writes to the directory. */
export class RunLockedError extends defineError(
  FinetuneError,
  'RUN_LOCKED',
  ({directory, holder}: {directory: string; holder: LockHolder}) =>
    `${directory} is in use by another run (${describeHolder(holder)}). Wait until it has ended; a new run needs another --out.`,
) {}

/** Whether a file belongs to finetune itself: locks and temporary files. */
const isOwnFile = (name: string): boolean =>
  name === LOCK || name === `${LOCK}.breaking` || name.endsWith('.unfinished');

/** Names of the files of a run in a directory; empty if the directory does not exist. */
export const listRunEntries = async (directory: string): Promise<string[]> =>
  existsSync(directory) ? (await readdir(directory)).filter(name => !isOwnFile(name)) : [];

/** Creates a directory with its parents. @returns the topmost directory it created, which is removed again if nothing is written */
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

/** Completes or rolls back the replacement of a run that was killed. @throws RunLockedError if its process still runs */
async function recoverReplacement(run: string, requestedPath: string): Promise<void> {
  const [replacement, replaced] = [replacementOf(run), replacedOf(run)];
  const isWhole = isFinished(replacement);
  if (existsSync(run)) {
    if (!existsSync(replacement)) return rm(replaced, {recursive: true, force: true});
    // All three directories should never exist at once. Nothing is removed then.
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

/** Exclusive lock on a run directory. The directory is created if needed, and removed again if it stays empty. */
export class RunLock {
  readonly #locks: {
    readonly lock: Lock;
    readonly directory: string;
    readonly created: string | undefined;
  }[] = [];

  /** @param requestedPath path as the user named it; @param path the same path with links resolved */
  private constructor(
    readonly requestedPath: string,
    readonly path: string,
  ) {}

  /** @throws RunLockedError if another run, of this process or another, holds the lock; UsageError if the path is a file */
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

  /** Locks and returns the directory next to the run for its replacement. @throws UsageError if the run directory is a mount point */
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

  /** Replaces the run by its complete replacement. */
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

  /** Releases all locks. */
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

/** Removes a directory and its parents up to `highest`, as long as they are empty. */
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
