import {existsSync} from 'node:fs';
import {readdir, rename, rm, rmdir, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {FinetuneError, UsageError} from '../core/errors.js';
import {Lock, type LockHolder} from '../core/lock.js';
import {makeDirectory, sweep} from '../core/write-file.js';
import {quoted} from '../core/shell-word.js';
import {isFinished, realOf, replacedOf, replacementOf} from './run-files.js';

const LOCK = '.lock';

/** To take a directory that others make and remove meanwhile. */
const TRIES = 5;

/** `process 123 on gpu1, since 2026-11-28 22:04 UTC` */
function nameOf({pid, host, since}: LockHolder): string {
  const when = since === undefined ? '' : `, since ${since.slice(0, 16).replace('T', ' ')} UTC`;
  return `process ${pid} on ${host}${when}`;
}

/** Another run writes to a directory. */
export class RunLockedError extends FinetuneError {
  override readonly name = 'RunLockedError';
  override readonly code = 'RUN_LOCKED';

  constructor(
    readonly directory: string,
    readonly holder: LockHolder,
  ) {
    super(`${directory} is in use by another run (${nameOf(holder)}). Wait until it has ended, or give another --out.`);
  }
}

/** What of a directory is not somebody's: locks, and what was written beside its place. */
const isOurs = (name: string): boolean => name === LOCK || name === `${LOCK}.breaking` || name.endsWith('.unfinished');

/** Names in a directory that a run has left; none where there is no directory. */
export const entriesOf = async (directory: string): Promise<string[]> =>
  existsSync(directory) ? (await readdir(directory)).filter(name => !isOurs(name)) : [];

/** Makes a directory. @returns the highest that was not there, to be removed if nothing comes into it */
async function make(directory: string, asked: string): Promise<string | undefined> {
  try {
    return await makeDirectory(directory);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new UsageError(`${asked} cannot be a run's directory: a file is in its way. Give another --out.`);
  }
}

async function takeFree(directory: string, asked: string): Promise<Lock> {
  const lock = await Lock.take(join(directory, LOCK));
  if (lock instanceof Lock) return lock;
  throw new RunLockedError(asked, lock);
}

async function move(lock: Lock, from: string, to: string): Promise<void> {
  await rename(from, to);
  lock.movedTo(join(to, LOCK));
}

/** Ends the replacement of a run by another that a kill came into. @throws RunLockedError where it is not dead */
async function recover(run: string, asked: string): Promise<void> {
  const [replacement, replaced] = [replacementOf(run), replacedOf(run)];
  const isWhole = isFinished(replacement);
  if (existsSync(run)) {
    if (!existsSync(replacement)) return rm(replaced, {recursive: true, force: true});
    // Three directories are a mystery; nothing is removed then.
    if (!isWhole || existsSync(replaced)) return;
    const lock = await takeFree(run, asked);
    await move(lock, run, replaced);
    await lock.release();
  }
  if (!existsSync(replaced)) return;
  const source = isWhole ? replacement : replaced;
  const lock = await takeFree(source, asked);
  await move(lock, source, run);
  await lock.release();
  if (isWhole) await rm(replaced, {recursive: true, force: true});
}

/** A run directory that this process, and nobody else, may write to. It is made if it must be, and goes again if nothing comes into it. */
export class RunClaim {
  readonly #locks: {readonly lock: Lock; readonly directory: string; readonly made: string | undefined}[] = [];

  /** @param asked the directory as it was named; @param path what links to it lead to */
  private constructor(
    readonly asked: string,
    readonly path: string,
  ) {}

  /** @throws RunLockedError where another run, of this process or another, has it; UsageError where a file lies there */
  static async take(asked: string): Promise<RunClaim> {
    const path = realOf(asked);
    const claim = new RunClaim(asked, path);
    for (let tries = 1; ; tries++) {
      try {
        await recover(path, asked);
        await claim.#lock(path);
        break;
      } catch (error) {
        // Another process has just removed or replaced it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === TRIES) throw error;
      }
    }
    await sweep(path, true);
    return claim;
  }

  /** The directory beside it in which a replacement grows, this process's too. @throws UsageError where it can never take the place */
  async takeReplacement(): Promise<string> {
    const {path, asked} = this;
    if ((await stat(path)).dev !== (await stat(dirname(path))).dev) {
      throw new UsageError(
        `${asked} is where a disk is mounted, and cannot be replaced as a whole. Give a folder in it: --out ${quoted(join(asked, 'run'))}`,
      );
    }
    const directory = replacementOf(path);
    await this.#lock(directory);
    await sweep(directory, true);
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
    for (const {lock, directory, made} of this.#locks.splice(0).reverse()) {
      await lock.release();
      if (made !== undefined) await removeEmpty(directory, made);
    }
  }

  async #lock(directory: string): Promise<void> {
    const isThere = existsSync(directory);
    const made = isThere ? undefined : await make(directory, this.asked);
    try {
      const lock = await takeFree(directory, this.asked);
      this.#locks.push({lock, directory, made});
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException;
      if (code === 'ENOTDIR') throw new UsageError(`${this.asked} is a file, and no directory for a run. Give another --out.`);
      if (made !== undefined) await removeEmpty(directory, made);
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
