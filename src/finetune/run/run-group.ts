import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {RecipeInput} from '../recipe/recipe.js';
import {RunDirectory, withAbsolutePaths} from './run-directory.js';
import {RUN_FILES} from './run-files.js';
import {listRunEntries} from './run-lock.js';

/** Removes all files of a directory except the kept ones. @param kept paths relative to the directory, `/` between folders */
async function removeOthers(directory: string, kept: readonly string[]): Promise<void> {
  for (const name of await listRunEntries(directory)) {
    if (kept.includes(name)) continue;
    const path = join(directory, name);
    const below = kept.flatMap(each =>
      each.startsWith(`${name}/`) ? [each.slice(name.length + 1)] : [],
    );
    if (below.length > 0) await removeOthers(path, below);
    else await rm(path, {recursive: true, force: true});
  }
}

/** Directory that contains the directories of several runs: the folds of a cross-validation, or the members of an ensemble. */
export class RunGroup {
  #started: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    readonly directory: RunDirectory,
    readonly isResumed: boolean,
    readonly recipe: RecipeInput,
    readonly runs: readonly string[],
  ) {}

  /**
   * @param recipe content of `recipe.json`, which a resumed group must keep
   * @param runs directories of the runs, relative to the group
   * @throws UsageError if the directory may not be written, or holds nothing to resume; RunLockedError
   */
  static async open(
    path: string,
    {resume = false, overwrite = false}: Pick<FinetuneOptions, 'resume' | 'overwrite'>,
    recipe: RecipeInput,
    runs: readonly string[],
  ): Promise<RunGroup> {
    const directory = await (resume
      ? RunDirectory.open(path, recipe)
      : RunDirectory.reserve(path, overwrite, true));
    return new RunGroup(path, directory, resume, recipe, runs);
  }

  /**
   * Creates the directory once images and weights are known to be usable. Files of an earlier group are removed, except runs, which are
   * replaced one by one.
   */
  begin(): Promise<void> {
    return (this.#started ??= this.#begin());
  }

  async #begin(): Promise<void> {
    if (this.isResumed) return;
    await removeOthers(this.path, this.runs);
    await this.writeJson(RUN_FILES.recipe, withAbsolutePaths({...this.recipe}));
  }

  async write(name: string, text: string): Promise<void> {
    await writeFileAtomic(join(this.path, name), text);
  }

  async writeJson(name: string, document: object): Promise<void> {
    await this.write(name, `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Releases the directory to other processes. */
  close(): Promise<void> {
    return this.directory.close();
  }
}
