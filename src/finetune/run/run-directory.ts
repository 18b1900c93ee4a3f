import {existsSync, readFileSync} from 'node:fs';
import {readFile, rm} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {UsageError} from '../../core/errors.js';
import {printableJson, shellQuote} from '../../core/text/printable.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import type {RecipeInput} from '../recipe/recipe.js';
import {keysOf} from '../options/options.js';
import {listRunEntries, RunLock} from './run-lock.js';
import {
  hasRunFile,
  isFinished,
  workingDirectoryOf,
  replacedOf,
  RUN_FILES,
  runOf,
  type RunFile,
} from './run-files.js';

/** Default names that are taken (`runs/<dataset>-<arch>`, `-2`, `-3`, …), and the first free one. */
function defaultNames(
  data: string,
  arch: string,
  parent: string,
): {readonly taken: readonly string[]; readonly fresh: string} {
  const stem = join(
    parent,
    `${basename(resolve(data)).replace(/\.(csv|tsv|jsonl|ndjson|zip|tar|tgz|tar\.gz)$/i, '')}-${arch}`,
  );
  const taken: string[] = [];
  let fresh = stem;
  while (existsSync(fresh) || existsSync(replacedOf(fresh))) {
    taken.push(fresh);
    fresh = `${stem}-${taken.length + 1}`;
  }
  return {taken, fresh};
}

/** First free default name. */
export const nextRunDirectory = (data: string, arch: string, parent = 'runs'): string =>
  defaultNames(data, arch, parent).fresh;

/** Default names that are taken, oldest first. */
export const takenRunDirectories = (
  data: string,
  arch: string,
  parent = 'runs',
): readonly string[] => defaultNames(data, arch, parent).taken;

function datasetOf(run: string): unknown {
  try {
    return (
      JSON.parse(readFileSync(join(run, RUN_FILES.recipe), 'utf8')) as {readonly data?: unknown}
    ).data;
  } catch {
    return undefined;
  }
}

/** Last default name that holds a run on the same images, which may be overwritten; else the first free name. */
export function newestRunDirectory(data: string, arch: string, parent = 'runs'): string {
  const {taken, fresh} = defaultNames(data, arch, parent);
  return taken.findLast(run => datasetOf(run) === resolve(data)) ?? fresh;
}

/** Recipe options that a resumed run must keep. */
const COMPARED_KEYS = [
  ...keysOf(({scope, mayChangeOnResume}) => scope === 'recipe' && mayChangeOnResume !== true),
];

/** Options whose value may be a path. */
const PATH_OPTIONS = keysOf(({isPath}) => isPath === true);

/** Makes paths absolute, so that a run can be resumed from any working directory. */
export const withAbsolutePaths = (
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      PATH_OPTIONS.has(key) && typeof value === 'string' && existsSync(value)
        ? resolve(value)
        : value,
    ]),
  );

/**
 * Checks that a directory may be replaced. Only a directory with a recipe is a run; any other may hold the user's images. @returns whether
 * it holds a run
 */
async function checkReplaceable(
  {requestedPath, path}: RunLock,
  overwrite: boolean,
): Promise<boolean> {
  const entries = await listRunEntries(path);
  if (entries.length === 0) return false;
  if (!overwrite) {
    throw new UsageError(
      `${requestedPath} (--out) is not empty. ${resumeHint(requestedPath, path)}Choose another directory, or add --overwrite.`,
    );
  }
  if (!entries.includes(RUN_FILES.recipe)) {
    throw new UsageError(
      `${requestedPath} holds files that are not of a run, so --overwrite does not replace it. Choose another --out.`,
    );
  }
  return true;
}

const resumeHint = (requestedPath: string, path: string): string =>
  hasRunFile(workingDirectoryOf(path), 'recipe') && !isFinished(workingDirectoryOf(path))
    ? `Resume the run there with --resume ${shellQuote(requestedPath)}. `
    : '';

/** Output directory of a run. Every file is written to a temporary name and renamed. The caller closes it. */
export class RunDirectory {
  /** Directory of the files until the run is complete: the run directory itself, or its replacement next to it. */
  #workingDirectory: string;

  private constructor(
    /** Path as the user named it. */
    readonly path: string,
    workingDirectory: string,
    private readonly runLock: RunLock,
  ) {
    this.#workingDirectory = workingDirectory;
  }

  /**
   * Reserves a directory for a new run. No existing file is changed yet, and other processes cannot write to it.
   * @param inPlace whether to write into an existing run directory instead of a replacement next to it
   * @throws UsageError if it holds files that may not be replaced; RunLockedError
   */
  static async reserve(path: string, overwrite: boolean, inPlace = false): Promise<RunDirectory> {
    const runLock = await RunLock.acquire(path);
    return releaseOnFailure(runLock, async () => {
      const replaces = await checkReplaceable(runLock, overwrite);
      return new RunDirectory(
        path,
        replaces && !inPlace ? await runLock.acquireReplacement() : path,
        runLock,
      );
    });
  }

  /** Opens an interrupted run. @throws UsageError if there is none, or its recipe differs; RunLockedError */
  static async open(requestedPath: string, recipe: RecipeInput): Promise<RunDirectory> {
    const path = runOf(requestedPath);
    // Creates nothing if the run does not exist.
    if (!existsSync(path) && !existsSync(replacedOf(path))) throw noRunError(path);
    const runLock = await RunLock.acquire(path);
    return releaseOnFailure(runLock, async () => {
      const replaces = workingDirectoryOf(runLock.path) !== runLock.path;
      const directory = new RunDirectory(
        path,
        replaces ? await runLock.acquireReplacement() : path,
        runLock,
      );
      const savedRecipe = (await directory.readJson('recipe')) as
        Readonly<Record<string, unknown>> | undefined;
      if (savedRecipe === undefined) throw noRunError(path);
      const currentRecipe = JSON.parse(JSON.stringify(withAbsolutePaths({...recipe}))) as Readonly<
        Record<string, unknown>
      >;
      const other = COMPARED_KEYS.find(
        key => !isDeepStrictEqual(currentRecipe[key], savedRecipe[key]),
      );
      if (other === undefined) return directory;
      throw new UsageError(
        `The run in ${path} was started with another ${other}. Resume it with that ${other}, or start another run.`,
      );
    });
  }

  /** Removes all files that an unfinished run has left in the working directory. */
  async clear(): Promise<void> {
    for (const name of await listRunEntries(this.#workingDirectory))
      await rm(join(this.#workingDirectory, name), {recursive: true, force: true});
  }

  /** Current path of the directory. */
  get workingPath(): string {
    return this.#workingDirectory;
  }

  /** Current path of a file. */
  file(name: RunFile): string {
    return join(this.#workingDirectory, RUN_FILES[name]);
  }

  /** Path of a file once the run is complete. */
  finalFile(name: RunFile): string {
    return join(this.path, RUN_FILES[name]);
  }

  async write(name: RunFile, text: string): Promise<void> {
    await writeFileAtomic(this.file(name), text);
  }

  /** Content of a JSON file; undefined if it does not exist. */
  async readJson(name: RunFile): Promise<unknown> {
    const path = this.file(name);
    return existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : undefined;
  }

  async writeJson(name: RunFile, document: unknown): Promise<void> {
    await this.write(name, `${printableJson(document)}\n`);
  }

  /** Completes the run after its last file is written. It takes the place of the run that it replaces. */
  async complete(): Promise<void> {
    if (this.#workingDirectory === this.path) return;
    await this.runLock.replace();
    this.#workingDirectory = this.path;
  }

  /** Releases the directory to other processes. */
  close(): Promise<void> {
    return this.runLock.release();
  }
}

const noRunError = (path: string): UsageError =>
  new UsageError(
    `${path} holds no run to --resume: there is no ${RUN_FILES.recipe}. Give the directory of a run.`,
  );

async function releaseOnFailure<T>(runLock: RunLock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await runLock.release();
    throw error;
  }
}
