import {readFile, rm, stat, utimes, writeFile} from 'node:fs/promises';
import {readFileSync} from 'node:fs';
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
const POLL_MS = 300;

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

/** The live holder of the lock; undefined where nobody holds it, or a process that has died. */
async function holderOf(path: string): Promise<LockHolder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as LockHolder;
    if (holder.host === hostname()) return isAlive(holder) ? holder : undefined;
    return (await silenceOf(path)) < SILENCE_MS ? holder : undefined;
  } catch {
    // The file is gone, or its holder is between creating and writing it.
    return (await silenceOf(path)) < WRITING_MS ? {pid: 0, host: '', startedAt: ''} : undefined;
  }
}

/** Milliseconds since the lock was last touched; infinite where it is gone. */
const silenceOf = (path: string): Promise<number> =>
  stat(path).then(
    ({mtimeMs}) => Date.now() - mtimeMs,
    () => Infinity,
  );

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
 * Runs `work` while no other process that asks for the same lock file does. A lock whose holder has died is broken. It saves work and
 * is no guard of anything: two that break the same dead lock at one instant may both go on, so what they make must bear that.
 * @param onWait called once, when somebody else holds the lock
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  {onWait, signal}: {onWait?: (holder: LockHolder) => void; signal?: AbortSignal | undefined} = {},
): Promise<T> {
  let told = false;
  while (!(await tryTake(path))) {
    const holder = await holderOf(path);
    if (holder === undefined) {
      await rm(path, {force: true});
      continue;
    }
    if (!told) onWait?.(holder);
    told = true;
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
