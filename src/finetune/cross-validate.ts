import {readFile, rm} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {checkArgument, wholeFrom} from '../core/arguments.js';
import {UsageError} from '../core/errors.js';
import {writeWhole} from '../core/write-file.js';
import {everySample, type ImageFolder} from '../datasets/image-folder.js';
import {foldsHtml} from '../report/folds-page.js';
import type {Metrics} from '../training/metrics.js';
import {crossValidation, type CrossValidation} from './cross-validation.js';
import {finetune, type FinetuneOptions} from './finetune.js';
import {checkFinetuneArguments} from './finetune-arguments.js';
import {FoldsShare} from './folds-share.js';
import {divisionOf} from './prepare.js';
import type {RunContext} from './run-context.js';
import type {Recipe, RecipeInput} from './recipe.js';
import {recipeSchema} from './recipe-schema.js';
import {entriesOf} from './run-claim.js';
import {fromAnywhere, RunDirectory} from './run-directory.js';
import {hasRunFile, isFinished, placeOf, RUN_FILES} from './run-files.js';

/** Names of what a cross-validation leaves beside the directories of its folds. */
export const FOLDS_FILES = {document: 'folds.json', page: 'folds.html'} as const;

/** What one fold came to. */
export interface FoldResult {
  readonly metrics: Metrics;
  /** What it took; what the folds share counts for the first. */
  readonly seconds: RunContext['seconds'];
  /** Directory, where there is one. */
  readonly run?: string;
}

export interface FoldsResult {
  readonly together: CrossValidation;
  readonly folds: readonly FoldResult[];
  /** What `folds.json` holds. */
  readonly document: object;
}

/**
 * As far as the names of the images tell.
 * @throws ArgumentError, UsageError for a recipe that says itself what to validate on; FoldError, SplitByError, FoldsImpossibleError
 */
export function assertFolds(folder: ImageFolder, said: RecipeInput, folds: number): void {
  if (said.fold !== undefined) throw new UsageError(`--fold ${said.fold} is one fold alone, and --folds is all of them. Leave out one.`);
  const {splitBy = recipeSchema.properties.splitBy.default, testSplit = 0, seed = recipeSchema.properties.seed.default, split} = said;
  divisionOf(folder, {splitBy, testSplit, seed, fold: `1/${folds}`, ...(split !== undefined && {split})});
}

const foldOf = (out: string, number: number): string => join(out, `fold-${number}`);

/** What a fold that has ended says of itself; undefined for any other. */
async function finished(run: string): Promise<FoldResult | undefined> {
  if (!isFinished(run)) return undefined;
  const path = join(run, RUN_FILES.metrics);
  const {metrics, seconds} = JSON.parse(await readFile(path, 'utf8')) as {
    metrics: {validation: Metrics};
    seconds: RunContext['seconds'];
  };
  return {metrics: metrics.validation, seconds, run};
}

/** The directory that those of the folds lie in. */
class FoldsDirectory {
  #begun: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    readonly directory: RunDirectory,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly folds: number,
  ) {}

  /** @throws UsageError where it may not be written, or holds nothing to resume */
  static async open(path: string, options: FinetuneOptions, recipe: Recipe, folds: number): Promise<FoldsDirectory> {
    const directory = await (options.resume === true
      ? RunDirectory.open(path, recipe)
      : RunDirectory.plan(path, options.overwrite ?? false, true));
    return new FoldsDirectory(path, directory, options, recipe, folds);
  }

  /** Makes it, once images and weights are known to be usable; what another run has left goes, but for folds, which are replaced one by one. */
  begin(): Promise<void> {
    return (this.#begun ??= this.#begin());
  }

  async #begin(): Promise<void> {
    const {path, options, recipe, folds} = this;
    if (options.resume === true) return;
    const kept = new Set(Array.from({length: folds}, (_, i) => basename(foldOf(path, i + 1))));
    for (const name of await entriesOf(path)) if (!kept.has(name)) await rm(join(path, name), {recursive: true, force: true});
    const document = fromAnywhere({...options.settings?.options, folds, ...recipe});
    await writeWhole(join(path, RUN_FILES.recipe), `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Lets others write to it. */
  close(): Promise<void> {
    return this.directory.close();
  }

  async finish(document: object, page: string): Promise<void> {
    await writeWhole(join(this.path, FOLDS_FILES.page), page);
    await writeWhole(join(this.path, FOLDS_FILES.document), `${JSON.stringify(document, null, 2)}\n`);
  }
}

/** How a fold is run: its own recipe, its own directory, and nothing said of the others. */
function optionsOf(options: FinetuneOptions, share: FoldsShare, run: string | undefined): FinetuneOptions {
  const {out: _out, resume = false, settings, ...rest} = options;
  const {folds: _folds, ...said} = settings?.options ?? {};
  const {engineSeconds = 0} = settings ?? {};
  return {
    ...rest,
    share,
    ...(run !== undefined && {out: run, resume: resume && hasRunFile(placeOf(run), 'recipe')}),
    ...(settings && {settings: {...settings, options: said, engineSeconds: share.isMade ? 0 : engineSeconds}}),
  };
}

/** Seconds by activity, over all folds. */
const sumOf = (folds: readonly RunContext['seconds'][]): RunContext['seconds'] =>
  folds.reduce((sum, fold) => {
    const activities = Object.keys(sum) as (keyof RunContext['seconds'])[];
    const added = activities.map(name => [name, Math.round(1000 * (sum[name] + fold[name])) / 1000]);
    return Object.fromEntries(added) as Record<keyof RunContext['seconds'], number>;
  });

async function trainFold(folder: ImageFolder, recipe: Recipe, options: FinetuneOptions): Promise<FoldResult> {
  const {classifier, metrics, seconds, run} = await finetune(folder, recipe, options);
  classifier.dispose();
  return {metrics: metrics.validation, seconds, ...(run !== undefined && {run})};
}

/**
 * Cross-validates: as many runs as folds, each validated on images that the others train on. Images are decoded once, and the features of a
 * frozen backbone computed once. With `out` each run has a directory in it, beside `folds.json` and `folds.html`; `resume` goes on with the
 * folds that have not ended.
 *
 * @throws UsageError for a recipe that says itself what to validate on; FoldsImpossibleError before an image is decoded, where that is known
 * by then; whatever `finetune` throws
 */
export async function crossValidate(
  folder: ImageFolder,
  recipe: Recipe,
  folds: number,
  options: FinetuneOptions = {},
): Promise<FoldsResult> {
  checkFinetuneArguments(folder, recipe, options, 'crossValidate()');
  checkArgument('crossValidate()', 'folds', folds, wholeFrom(2));
  assertFolds(folder, recipe, folds);
  const {out} = options;
  const directory = out === undefined ? undefined : await FoldsDirectory.open(out, options, recipe, folds);
  try {
    return await runFolds(folder, recipe, folds, options, directory);
  } finally {
    await directory?.close();
  }
}

async function runFolds(
  folder: ImageFolder,
  recipe: Recipe,
  folds: number,
  options: FinetuneOptions,
  directory: FoldsDirectory | undefined,
): Promise<FoldsResult> {
  const {out, onEvent} = options;
  const share = new FoldsShare(async () => directory?.begin());
  const results: FoldResult[] = [];
  try {
    for (let number = 1; number <= folds; number++) {
      const run = out === undefined ? undefined : foldOf(out, number);
      const known = run === undefined || options.resume !== true ? undefined : await finished(run);
      onEvent?.({type: 'fold', number, folds});
      const result = known ?? (await trainFold(folder, {...recipe, fold: `${number}/${folds}`}, optionsOf(options, share, run)));
      onEvent?.({type: 'fold-end', number, folds, metrics: result.metrics, seconds: result.seconds.total, known: known !== undefined});
      results.push(result);
    }
  } finally {
    await share.close();
  }
  const together = crossValidation(results.map(({metrics}) => metrics));
  const runs = results.flatMap(({run}) => run ?? []);
  const document = {...(out !== undefined && {run: out}), ...together, runs, seconds: sumOf(results.map(({seconds}) => seconds))};
  const {arch} = recipe;
  const images = everySample(folder).length;
  await directory?.finish(document, foldsHtml({dataset: folder.root, arch, images, classes: folder.classNames, together, folds: results}));
  return {together, folds: results, document};
}
