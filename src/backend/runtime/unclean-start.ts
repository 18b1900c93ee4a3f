import {rmSync} from 'node:fs';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {
  isAlive,
  isLocalProcess,
  currentProcess,
  type ProcessIdentity,
} from '../../core/files/process-identity.js';

/**
 * Directory of the marks of running processes. A damaged library may crash the process with a signal, at start or later, without any
 * message; its mark then remains.
 */
const runningDirectory = (directory: string): string => join(directory, 'running');

async function isStale(path: string): Promise<boolean> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
    // The state of processes on another host or in another container is unknown. An unnecessary check of a backend costs a second.
    return !isLocalProcess(owner) || !isAlive(owner);
  } catch {
    return true;
  }
}

/** Marks of processes that did not exit normally. The caller removes them after checking the backend. */
export async function findUncleanStarts(directory: string): Promise<string[]> {
  const names = await readdir(runningDirectory(directory)).catch(() => []);
  const marks = names.map(name => join(runningDirectory(directory), name));
  const stale = await Promise.all(marks.map(isStale));
  return marks.filter((_, i) => stale[i]);
}

export async function removeMarks(marks: readonly string[]): Promise<void> {
  await Promise.all(
    marks.map(mark => rm(mark, {recursive: true, force: true}).catch(() => undefined)),
  );
}

/** Marks a backend as in use by this process until it exits. A read-only backend gets no mark. */
export async function markRunning(directory: string): Promise<void> {
  const mark = join(runningDirectory(directory), String(process.pid));
  try {
    await mkdir(runningDirectory(directory), {recursive: true});
    await writeFile(mark, JSON.stringify(currentProcess()));
  } catch {
    return;
  }
  process.once('exit', () => rmSync(mark, {force: true}));
}
