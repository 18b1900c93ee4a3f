import {rmSync} from 'node:fs';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {
  isAlive,
  isLocalProcess,
  currentProcess,
  type ProcessIdentity,
} from '../../core/files/process-identity.js';

/** A damaged library may end the process by a signal, at its start or in the middle of a run, and nobody is left to say a word of it. */
const runningDirectory = (directory: string): string => join(directory, 'running');

async function isStale(path: string): Promise<boolean> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
    // Of another host, or container, nothing is known; looking into a backend once too often costs a second.
    return !isLocalProcess(owner) || !isAlive(owner);
  } catch {
    return true;
  }
}

/** Marks that processes left in a backend which did not come to their end; to be removed when the backend was looked into. */
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

/** Marks a backend as in use by this process, until that ends. A backend that may not be written to is used without. */
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
