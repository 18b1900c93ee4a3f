import {rm} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe} from '../recipe/recipe.js';
import {RunDirectory, withAbsolutePaths} from '../run/run-directory.js';
import {RUN_FILES} from '../run/run-files.js';
import {listRunEntries} from '../run/run-lock.js';

/** Files of a cross-validation, next to the directories of its folds. */
export const FOLDS_FILES = {document: 'folds.json', page: 'folds.html'} as const;

export const foldDirectory = (out: string, number: number): string => join(out, `fold-${number}`);

/** Directory that contains the directories of the folds. */
export class CrossValidationDirectory {
  #started: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    readonly directory: RunDirectory,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly folds: number,
  ) {}

  /** @throws UsageError if the directory may not be written, or holds nothing to resume */
  static async open(
    path: string,
    options: FinetuneOptions,
    recipe: Recipe,
    folds: number,
  ): Promise<CrossValidationDirectory> {
    const directory = await (options.resume === true
      ? RunDirectory.open(path, recipe)
      : RunDirectory.reserve(path, options.overwrite ?? false, true));
    return new CrossValidationDirectory(path, directory, options, recipe, folds);
  }

  /**
   * Creates the directory once images and weights are known to be usable. Files of an earlier run are removed, except folds, which are
   * replaced one by one.
   */
  begin(): Promise<void> {
    return (this.#started ??= this.#begin());
  }

  async #begin(): Promise<void> {
    const {path, options, recipe, folds} = this;
    if (options.resume === true) return;
    const foldNames = new Set(
      Array.from({length: folds}, (_, i) => basename(foldDirectory(path, i + 1))),
    );
    for (const name of await listRunEntries(path))
      if (!foldNames.has(name)) await rm(join(path, name), {recursive: true, force: true});
    const document = withAbsolutePaths({...options.settings?.options, folds, ...recipe});
    await writeFileAtomic(join(path, RUN_FILES.recipe), `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Releases the directory to other processes. */
  close(): Promise<void> {
    return this.directory.close();
  }

  async finish(document: object, page: string): Promise<void> {
    await writeFileAtomic(join(this.path, FOLDS_FILES.page), page);
    await writeFileAtomic(
      join(this.path, FOLDS_FILES.document),
      `${JSON.stringify(document, null, 2)}\n`,
    );
  }
}
