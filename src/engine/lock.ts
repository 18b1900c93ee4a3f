import {readFileSync} from 'node:fs';
import {readFile, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {setTimeout as sleep} from 'node:timers/promises';

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Tells two processes with the same number apart; empty where the system does not say. */
  readonly startedAt: string;
}

const HEARTBEAT_MS = 10_000;
/** After this long without a heartbeat, a holder on another host is taken for dead. */
const SILENCE_MS = 120_000;
const WRITING_MS = 2_000;
const POLL_MS = 200;

/** When a process started, in clock ticks since boot: the 22nd field of Linux's /proc/PID/stat, counted after the name in brackets. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive({pid, startedAt}: LockHolder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(pid) === startedAt;
}

/** The live holder that a lock file names; undefined for a process that has died. */
async function holderOf(path: string, text: string): Promise<LockHolder | undefined> {
  const holder = parse(text);
  // Empty while its holder is between creating and writing it.
  if (holder === undefined) return (await silenceOf(path)) < WRITING_MS ? {pid: 0, host: '', startedAt: ''} : undefined;
  if (holder.host === hostname()) return isAlive(holder) ? holder : undefined;
  return (await silenceOf(path)) < SILENCE_MS ? holder : undefined;
}

function parse(text: string): LockHolder | undefined {
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the lock was last touched; infinite where it is gone. */
const silenceOf = (path: string): Promise<number> =>
  stat(path).then(
    ({mtimeMs}) => Date.now() - mtimeMs,
    () => Infinity,
  );

/** What the lock file says; undefined where there is none. */
const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/** Removes a dead holder's lock, if it is still there. A lock of its own lets one process at a time try, lest a new holder's is removed. */
async function breakLock(path: string, dead: string): Promise<void> {
  const breaking = `${path}.breaking`;
  if (await tryTake(breaking)) {
    if ((await read(path)) === dead) await rm(path, {force: true});
    await rm(breaking, {force: true});
  } else if ((await silenceOf(breaking)) > WRITING_MS) {
    await rm(breaking, {force: true});
  }
}

async function tryTake(path: string): Promise<boolean> {
  const holder: LockHolder = {pid: process.pid, host: hostname(), startedAt: startOf(process.pid)};
  try {
    await writeFile(path, JSON.stringify(holder), {flag: 'wx'});
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
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
  let told = false;
  while (!(await tryTake(path))) {
    const text = await read(path);
    const holder = text === undefined ? undefined : await holderOf(path, text);
    if (text !== undefined && holder === undefined) await breakLock(path, text);
    if (holder !== undefined && !told) onWait?.(holder);
    told ||= holder !== undefined;
    await sleep(POLL_MS, undefined, {...(signal && {signal})});
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, {force: true});
  }
}
