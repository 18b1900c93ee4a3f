import {readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';

/** A process, told apart from all others, on other hosts too. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Tells two processes with the same number apart; empty where the system does not say. */
  readonly startedAt: string;
  /** Of the process numbers: containers may share the name of their host, and count from 1 each. */
  readonly namespace?: string;
}

/** When a process started, in clock ticks since boot: the 22nd field of Linux's /proc/PID/stat, counted after the name in brackets. */
function readStartTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function readPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** This process. */
export const currentProcess = (): ProcessIdentity => ({
  pid: process.pid,
  host: hostname(),
  startedAt: readStartTime(process.pid),
  namespace: readPidNamespace(),
});

/** Whether this process can see if the other one lives. */
export const isLocalProcess = ({host, namespace}: ProcessIdentity): boolean =>
  host === hostname() && (namespace ?? readPidNamespace()) === readPidNamespace();

/** Of a process that is near. It may have died while its number lives on in another. */
export function isAlive({pid, startedAt}: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return readStartTime(pid) === startedAt;
}
