import {open, readFile, rm, stat, utimes} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {throwIfAborted} from '../errors.js';
import {isAlive, isLocalProcess, currentProcess, type ProcessIdentity} from './process-identity.js';
import {withErrorPath} from './atomic-write.js';

/** Who holds a lock. */
export interface LockHolder extends ProcessIdentity {
  /** ISO 8601; since when. */
  readonly since?: string;
}

const HEARTBEAT_MS = 10_000;
/** After this long without a heartbeat, a holder on another host is taken for dead. */
const HEARTBEAT_TIMEOUT_MS = 120_000;
const WRITE_GRACE_MS = 2_000;
const POLL_MS = 200;

/** A holder whose name is not written yet. */
const PENDING_HOLDER: LockHolder = {pid: 0, host: '', startedAt: ''};

/** The live holder that a lock file names; undefined for a process that has died. */
async function parseLiveHolder(path: string, text: string): Promise<LockHolder | undefined> {
  const holder = parseHolder(text);
  // Empty while its holder is between creating and writing it.
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

/** Milliseconds since the lock was last touched; infinite where it is gone. */
const msSinceTouched = (path: string): Promise<number> =>
  stat(path).then(
    ({mtimeMs}) => Date.now() - mtimeMs,
    () => Infinity,
  );

/** What the lock file says; undefined where there is none. */
const readLock = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);

/** Removes a dead holder's lock, if it is still there. A lock of its own lets one process at a time try, lest a new holder's is removed. */
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
      await rm(path, {force: true}); // on a full disk, say: nobody would ever hold it
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

/** Who holds the lock and lives; undefined where nobody does. A lock whose holder has died is broken. */
async function findLiveHolder(path: string): Promise<LockHolder | undefined> {
  const text = await readLock(path);
  const holder = text === undefined ? undefined : await parseLiveHolder(path, text);
  if (text !== undefined && holder === undefined) await breakLock(path, text);
  return holder;
}

/** A lock that is held. */
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
   * Waits for nobody, but for the moment that it takes to write a name, or to break a dead holder's lock.
   * @returns the holder where somebody else, or this very process, has it
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

  /** Takes the lock as soon as nobody else has it. @param onWait called once, when somebody else has */
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

  /** The directory that it lies in was given another name. */
  setPath(path: string): void {
    this.#path = path;
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await rm(this.#path, {force: true});
  }
}

/**
 * Runs `work` while no other process that asks for the same lock file does. A lock whose holder has died is broken.
 * @param onWait called once, when somebody else holds the lock
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
