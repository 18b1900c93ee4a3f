import {rmSync} from 'node:fs';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {isAlive, isNear, self, type Owner} from '../core/owner.js';

/** A damaged library may end the process by a signal, at its start or in the middle of a run, and nobody is left to say a word of it. */
const runningOf = (engine: string): string => join(engine, 'running');

async function isStale(path: string): Promise<boolean> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Owner;
    // Of another host, or container, nothing is known; looking into an engine once too often costs a second.
    return !isNear(owner) || !isAlive(owner);
  } catch {
    return true;
  }
}

/** Marks that processes left in an engine which did not come to their end; to be removed when the engine was looked into. */
export async function uncleanStarts(engine: string): Promise<string[]> {
  const names = await readdir(runningOf(engine)).catch(() => []);
  const marks = names.map(name => join(runningOf(engine), name));
  const stale = await Promise.all(marks.map(isStale));
  return marks.filter((_, i) => stale[i]);
}

export async function forget(marks: readonly string[]): Promise<void> {
  await Promise.all(marks.map(mark => rm(mark, {recursive: true, force: true}).catch(() => undefined)));
}

/** Marks an engine as in use by this process, until that ends. An engine that may not be written to is used without. */
export async function markRunning(engine: string): Promise<void> {
  const mark = join(runningOf(engine), String(process.pid));
  try {
    await mkdir(runningOf(engine), {recursive: true});
    await writeFile(mark, JSON.stringify(self()));
  } catch {
    return;
  }
  process.once('exit', () => rmSync(mark, {force: true}));
}
