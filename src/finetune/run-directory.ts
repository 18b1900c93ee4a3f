import {existsSync} from 'node:fs';
import {mkdir, readdir, rename, rm, writeFile} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {UsageError} from '../core/errors.js';

/** Names of what a run leaves behind; the table of the contract. */
export const RUN_FILES = {
  recipe: 'recipe.json',
  environment: 'environment.json',
  split: 'split.json',
  history: 'history.csv',
  metrics: 'metrics.json',
  report: 'report.html',
  checkpoint: join('checkpoints', 'last'),
  bundle: 'model',
} as const;

/** `runs/<dataset>-<arch>`, `-2`, `-3` ... when taken. */
export function freshRunDirectory(data: string, arch: string, parent = 'runs'): string {
  const stem = join(parent, `${basename(resolve(data))}-${arch}`);
  let path = stem;
  for (let number = 2; existsSync(path); number++) path = `${stem}-${number}`;
  return path;
}

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

  /** @throws UsageError where the directory holds something that may not be replaced */
  static async create(path: string, overwrite: boolean): Promise<RunDirectory> {
    await checkReplaceable(path, overwrite);
    if (overwrite) await rm(path, {recursive: true, force: true});
    await mkdir(path, {recursive: true});
    return new RunDirectory(path);
  }

  /** A run that was interrupted. @throws UsageError where there is none */
  static open(path: string): RunDirectory {
    if (!existsSync(join(path, RUN_FILES.recipe))) {
      throw new UsageError(
        `Expected an interrupted run for --resume, but found no ${RUN_FILES.recipe} in ${path}. Give the directory of a run.`,
      );
    }
    return new RunDirectory(path);
  }

  file(name: keyof typeof RUN_FILES): string {
    return join(this.path, RUN_FILES[name]);
  }

  async write(name: keyof typeof RUN_FILES, text: string): Promise<void> {
    const target = this.file(name);
    await writeFile(`${target}.new`, text);
    await rename(`${target}.new`, target);
  }

  async writeJson(name: keyof typeof RUN_FILES, document: unknown): Promise<void> {
    await this.write(name, `${JSON.stringify(document, null, 2)}\n`);
  }
}
