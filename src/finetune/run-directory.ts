import {existsSync} from 'node:fs';
import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {UsageError} from '../core/errors.js';
import {printableJson} from '../core/printable.js';
import type {Recipe} from './recipe.js';
import {recipeSchema} from './recipe-schema.js';

/** Names of what a run leaves behind; the table of the contract. */
export const RUN_FILES = {
  recipe: 'recipe.json',
  environment: 'environment.json',
  split: 'split.json',
  suspects: 'suspects.json',
  history: 'history.csv',
  metrics: 'metrics.json',
  report: 'report.html',
  checkpoint: join('checkpoints', 'last'),
  bundle: 'model',
} as const;

/** `runs/<dataset>-<arch>`, `-2`, `-3` ... when taken. */
export function freshRunDirectory(data: string, arch: string, parent = 'runs'): string {
  const stem = join(parent, `${basename(resolve(data)).replace(/\.(csv|tsv|jsonl|ndjson|zip|tar|tgz|tar\.gz)$/i, '')}-${arch}`);
  let path = stem;
  for (let number = 2; existsSync(path); number++) path = `${stem}-${number}`;
  return path;
}

/** Values of a recipe that a run may go on without: they are in the phases, or change no number. */
const CHANGEABLE: readonly string[] = ['epochs', 'lr', 'cacheMemory', 'cacheDisk'];
const COMPARED = Object.keys(recipeSchema.properties).filter(key => !CHANGEABLE.includes(key));

/** Options that may name a file or folder. */
const PATHS: ReadonlySet<string> = new Set(['data', 'valData', 'testData', 'weights', 'split', 'exclude']);

/** The same values for whoever stands in another folder: a run is resumed from anywhere. */
export const fromAnywhere = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      PATHS.has(key) && typeof value === 'string' && existsSync(value) ? resolve(value) : value,
    ]),
  );

/** A directory is ours to replace when it holds a recipe we wrote; anything else might be somebody's pictures. */
async function checkReplaceable(path: string, overwrite: boolean): Promise<void> {
  const entries = existsSync(path) ? await readdir(path) : [];
  if (entries.length === 0) return;
  if (!overwrite) {
    throw new UsageError(`Expected a new or empty directory for --out, but found files in ${path}. Choose another, or add --overwrite.`);
  }
  if (!entries.includes(RUN_FILES.recipe)) {
    throw new UsageError(`Expected a run's directory for --overwrite, but found other files in ${path}. Choose another --out.`);
  }
}

/** Where a run writes. Every file is written beside its place and renamed. */
export class RunDirectory {
  private constructor(readonly path: string) {}

  /** One that is to be made; nothing is touched yet. @throws UsageError where it holds something that may not be replaced */
  static async plan(path: string, overwrite: boolean): Promise<RunDirectory> {
    await checkReplaceable(path, overwrite);
    return new RunDirectory(path);
  }

  /** Makes it, empty: whatever `plan` found replaceable goes. */
  async make(): Promise<void> {
    await rm(this.path, {recursive: true, force: true});
    await mkdir(this.path, {recursive: true});
  }

  /** A run that was interrupted. @throws UsageError where there is none, or one by another recipe */
  static async open(path: string, recipe: Recipe): Promise<RunDirectory> {
    const directory = new RunDirectory(path);
    const begun = (await directory.readJson('recipe')) as Readonly<Record<string, unknown>> | undefined;
    if (begun === undefined) {
      throw new UsageError(
        `Expected an interrupted run for --resume, but found no ${RUN_FILES.recipe} in ${path}. Give the directory of a run.`,
      );
    }
    const now = JSON.parse(JSON.stringify(fromAnywhere({...recipe}))) as Readonly<Record<string, unknown>>;
    const other = COMPARED.find(key => !isDeepStrictEqual(now[key], begun[key]));
    if (other !== undefined) {
      throw new UsageError(
        `Expected the recipe that the run in ${path} was begun with for --resume, but found another ${other}. ` +
          'Give the same recipe, or start another run.',
      );
    }
    return directory;
  }

  file(name: keyof typeof RUN_FILES): string {
    return join(this.path, RUN_FILES[name]);
  }

  async write(name: keyof typeof RUN_FILES, text: string): Promise<void> {
    const target = this.file(name);
    await writeFile(`${target}.new`, text);
    await rename(`${target}.new`, target);
  }

  /** What a file holds; undefined where there is none. */
  async readJson(name: keyof typeof RUN_FILES): Promise<unknown> {
    const path = this.file(name);
    return existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : undefined;
  }

  async writeJson(name: keyof typeof RUN_FILES, document: unknown): Promise<void> {
    await this.write(name, `${printableJson(document)}\n`);
  }
}
