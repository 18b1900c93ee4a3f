import {readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';

/** A process, identified uniquely across hosts. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Distinguishes processes that reuse the same ID; empty if the system does not report it. */
  readonly startedAt: string;
  /** PID namespace: containers may share a host name, and each counts from 1. */
  readonly namespace?: string;
}

/** Start time of a process in clock ticks since boot: the 22nd field of Linux's /proc/PID/stat, counted after the name in parentheses. */
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

export const currentProcess = (): ProcessIdentity => ({
  pid: process.pid,
  host: hostname(),
  startedAt: readStartTime(process.pid),
  namespace: readPidNamespace(),
});

/** Whether this process can check if the other one is alive. */
export const isLocalProcess = ({host, namespace}: ProcessIdentity): boolean =>
  host === hostname() && (namespace ?? readPidNamespace()) === readPidNamespace();

/** Whether a local process is alive. Its ID may have been reused by a later process. */
export function isAlive({pid, startedAt}: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return readStartTime(pid) === startedAt;
}
