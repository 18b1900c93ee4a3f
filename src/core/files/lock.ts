import {open, readFile, rm, stat, utimes} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {throwIfAborted} from '../errors.js';
import {isAlive, isLocalProcess, currentProcess, type ProcessIdentity} from './process-identity.js';
import {withErrorPath} from './atomic-write.js';

/** The process that holds a lock. */
export interface LockHolder extends ProcessIdentity {
  /** When the lock was acquired, ISO 8601. */
  readonly since?: string;
}

const HEARTBEAT_MS = 10_000;
/** A holder on another host counts as dead after this long without a heartbeat. */
const HEARTBEAT_TIMEOUT_MS = 120_000;
const WRITE_GRACE_MS = 2_000;
const POLL_MS = 200;

/** A holder that has not written its name yet. */
const PENDING_HOLDER: LockHolder = {pid: 0, host: '', startedAt: ''};

/** The live holder named in a lock file; undefined if that process is dead. */
async function parseLiveHolder(path: string, text: string): Promise<LockHolder | undefined> {
  const holder = parseHolder(text);
  // The file is empty until its holder has written its name.
  if (holder === undefined)
    return (await msSinceTouched(path)) < WRITE_GRACE_MS ? PENDING_HOLDER : undefined;
  if (isLocalProcess(holder)) return isAlive(holder) ? holder : undefined;
  return (await msSinceTouched(path)) < HEARTBEAT_TIMEOUT_MS ? holder : undefined;
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(text) as LockHolder | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the lock file was last touched; Infinity if it is gone. */
const msSinceTouched = (path: string): Promise<number> =>
  stat(path).then(
    ({mtimeMs}) => Date.now() - mtimeMs,
    () => Infinity,
  );

/** Content of the lock file; undefined if it does not exist. */
const readLock = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/**
 * Removes the lock of a dead holder, if it is still the same lock. A second lock admits one process, so that the lock of a new holder is
 * never removed.
 */
async function breakLock(path: string, staleText: string): Promise<void> {
  const breakerPath = `${path}.breaking`;
  if (await createLockFile(breakerPath)) {
    if ((await readLock(path)) === staleText) await rm(path, {force: true});
    await rm(breakerPath, {force: true});
  } else if ((await msSinceTouched(breakerPath)) > WRITE_GRACE_MS) {
    await rm(breakerPath, {force: true});
  }
}

async function createLockFile(path: string): Promise<boolean> {
  const holder: LockHolder = {...currentProcess(), since: new Date().toISOString()};
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify(holder));
    } catch (error) {
      await rm(path, {force: true}); // for example on a full disk: otherwise it stays locked forever
      throw withErrorPath(error, path);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The live holder of the lock; undefined if there is none. A dead holder's lock is removed. */
async function findLiveHolder(path: string): Promise<LockHolder | undefined> {
  const text = await readLock(path);
  const holder = text === undefined ? undefined : await parseLiveHolder(path, text);
  if (text !== undefined && holder === undefined) await breakLock(path, text);
  return holder;
}

/** An acquired lock. */
export class Lock {
  #path: string;
  readonly #heartbeat: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    this.#heartbeat = setInterval(
      () => void utimes(this.#path, new Date(), new Date()).catch(() => undefined),
      HEARTBEAT_MS,
    ).unref();
  }

  /**
   * Tries to acquire the lock without waiting for its holder. It waits only while a name is being written or a dead holder's lock is
   * removed.
   * @returns the holder if another process, or this one, holds the lock
   */
  static async tryAcquire(path: string): Promise<Lock | LockHolder> {
    for (const startTime = Date.now(); Date.now() - startTime < 2 * WRITE_GRACE_MS;) {
      if (await createLockFile(path)) return new Lock(path);
      const holder = await findLiveHolder(path);
      if (holder !== undefined && holder !== PENDING_HOLDER) return holder;
      await sleep(POLL_MS / 10);
    }
    throw new Error(`${path} is in the way of a lock. Remove it.`);
  }

  /** Waits for the lock and acquires it. @param onWait called once if another process holds it */
  static async acquire(
    path: string,
    onWait?: (holder: LockHolder) => void,
    signal?: AbortSignal,
  ): Promise<Lock> {
    let hasReported = false;
    while (!(await createLockFile(path))) {
      const holder = await findLiveHolder(path);
      if (holder !== undefined && !hasReported) onWait?.(holder);
      hasReported ||= holder !== undefined;
      await sleep(POLL_MS, undefined, {...(signal && {signal})}).catch(() =>
        throwIfAborted(signal),
      );
    }
    return new Lock(path);
  }

  /** Updates the path after the lock's directory was renamed. */
  setPath(path: string): void {
    this.#path = path;
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await rm(this.#path, {force: true});
  }
}

/**
 * Runs `work` while holding a lock file, so that no other process runs under the same lock. A dead holder's lock is removed.
 * @param onWait called once if another process holds the lock
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  {onWait, signal}: {onWait?: (holder: LockHolder) => void; signal?: AbortSignal | undefined} = {},
): Promise<T> {
  const lock = await Lock.acquire(path, onWait, signal);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
