import {readdir, stat} from 'node:fs/promises';
import {dirname, join, relative} from 'node:path';
import {assertTrusted} from '../core/cache-directory.js';
import {sha256Of} from '../core/checksum.js';
import {enginesDirectory, MANIFEST, writeManifest, type EngineFile, type EngineFiles, type InstalledEngine} from './engine-directory.js';

const whenChanged = (mtimeMs: number): number => Math.round(mtimeMs);

async function describe(path: string): Promise<EngineFile> {
  const {size, mtimeMs} = await stat(path);
  return {bytes: size, sha256: await sha256Of(path), changed: whenChanged(mtimeMs)};
}

/** What every file of a finished engine holds, by its path in the directory. */
export async function recordFiles(directory: string): Promise<EngineFiles> {
  const entries = await readdir(directory, {recursive: true, withFileTypes: true});
  const names = entries.filter(entry => entry.isFile()).map(({parentPath, name}) => relative(directory, join(parentPath, name)));
  const files: Record<string, EngineFile> = {};
  for (const name of names.filter(name => name !== MANIFEST).sort()) files[name] = await describe(join(directory, name));
  return files;
}

/** @throws UntrustedCacheError where somebody else could have changed what is loaded from an engine */
export function assertTrustedEngine(cache: string, {directory, files}: InstalledEngine): void {
  const paths = Object.keys(files).flatMap(name => [dirname(join(directory, name)), join(directory, name)]);
  assertTrusted(cache, [...new Set([enginesDirectory(cache), directory, join(directory, MANIFEST), ...paths])]);
}

/** How far a file has been looked into. */
interface Verdict {
  /** `has 1000 bytes instead of 788086608` */
  readonly damage?: string;
  /** What it is by now, where that took reading all of it. */
  readonly file?: EngineFile;
}

async function judge(path: string, {bytes, sha256, changed}: EngineFile, whole: boolean): Promise<Verdict> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return {damage: 'is not there'};
  if (found.size !== bytes) return {damage: `has ${found.size} bytes instead of ${bytes}`};
  if (!whole && whenChanged(found.mtimeMs) === changed) return {};
  const file = await describe(path);
  return file.sha256 === sha256 ? {file} : {damage: 'does not hold what was installed'};
}

/**
 * Whether the files of an engine are those that passed its test. Sizes and times are compared at every start; a file whose time differs is
 * read, and all are where `whole` is set. An engine that was copied is thus read once: its new times are written down.
 * @returns what is wrong, for people; undefined where nothing is
 */
export async function damageOf(engine: InstalledEngine, whole: boolean): Promise<string | undefined> {
  const {directory, files, ...manifest} = engine;
  const known: Record<string, EngineFile> = {...files};
  for (const [name, file] of Object.entries(files)) {
    const verdict = await judge(join(directory, name), file, whole);
    if (verdict.damage !== undefined) return `${name} ${verdict.damage}`;
    known[name] = verdict.file ?? file;
  }
  const isAsBefore = Object.entries(files).every(([name, {changed}]) => known[name]!.changed === changed);
  // Where it may not be written, it is read again next time.
  if (!isAsBefore) await writeManifest(directory, {...manifest, files: known}).catch(() => undefined);
  return undefined;
}
