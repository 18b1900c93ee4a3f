import {readFile, rm} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {checkArgument, integerFrom} from '../../core/arguments.js';
import {UsageError} from '../../core/errors.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {crossValidationHtml} from '../../report/folds-page.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {summarizeFolds, type CrossValidationSummary} from './cross-validation.js';
import {finetune} from '../finetune.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {checkFinetuneArguments} from '../finetune-arguments.js';
import {SharedFoldData} from './folds-share.js';
import {resolveDivision} from '../prepare.js';
import type {RunContext} from '../run/run-context.js';
import type {Recipe, RecipeInput} from '../recipe/recipe.js';
import {OPTIONS} from '../options/options.js';
import {listRunEntries} from '../run/run-lock.js';
import {withAbsolutePaths, RunDirectory} from '../run/run-directory.js';
import {hasRunFile, isFinished, workingDirectoryOf, RUN_FILES} from '../run/run-files.js';

/** Names of what a cross-validation leaves beside the directories of its folds. */
export const FOLDS_FILES = {document: 'folds.json', page: 'folds.html'} as const;

/** What one fold came to. */
export interface FoldResult {
  readonly metrics: Metrics;
  /** What it took; what the folds share counts for the first. */
  readonly timings: RunContext['timings'];
  /** Directory, where there is one. */
  readonly run?: string;
}

/**
 * What a cross-validation ends with.
 *
 * @example
 * const {folds} = await crossValidate(folder, recipe, 5, {out: './folds'});
 * console.log(folds.map(({run}) => run));
 */
export interface CrossValidationResult {
  readonly summary: CrossValidationSummary;
  readonly folds: readonly FoldResult[];
  /** What `folds.json` holds. */
  readonly document: object;
}

/**
 * As far as the names of the images tell.
 * @throws ArgumentError, UsageError for a recipe that says itself what to validate on; FoldError, SplitByError, FoldsImpossibleError
 */
export function validateFoldOptions(folder: ImageFolder, given: RecipeInput, folds: number): void {
  if (given.fold !== undefined)
    throw new UsageError(
      `--fold ${given.fold} is one fold alone, and --folds is all of them. Leave out one.`,
    );
  const {
    groupBy = OPTIONS.groupBy.default,
    testSplit = 0,
    seed = OPTIONS.seed.default,
    splitFile,
  } = given;
  resolveDivision(folder, {
    groupBy,
    testSplit,
    seed,
    fold: `1/${folds}`,
    ...(splitFile !== undefined && {splitFile}),
  });
}

const foldDirectory = (out: string, number: number): string => join(out, `fold-${number}`);

/** What a fold that has ended says of itself; undefined for any other. */
async function readFinishedFold(run: string): Promise<FoldResult | undefined> {
  if (!isFinished(run)) return undefined;
  const path = join(run, RUN_FILES.metrics);
  const {metrics, timings} = JSON.parse(await readFile(path, 'utf8')) as {
    metrics: {validation: Metrics};
    timings: RunContext['timings'];
  };
  return {metrics: metrics.validation, timings, run};
}

/** The directory that those of the folds lie in. */
class CrossValidationDirectory {
  #started: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    readonly directory: RunDirectory,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly folds: number,
  ) {}

  /** @throws UsageError where it may not be written, or holds nothing to resume */
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

  /** Makes it, once images and weights are known to be usable; what another run has left goes, but for folds, which are replaced one by one. */
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

  /** Lets others write to it. */
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

/** How a fold is run: its own recipe, its own directory, and nothing said of the others. */
function foldOptions(
  options: FinetuneOptions,
  sharedData: SharedFoldData,
  run: string | undefined,
): FinetuneOptions {
  const {out: _out, resume = false, settings, ...rest} = options;
  const {folds: _folds, ...given} = settings?.options ?? {};
  const {backendSeconds = 0} = settings ?? {};
  return {
    ...rest,
    sharedData,
    ...(run !== undefined && {
      out: run,
      resume: resume && hasRunFile(workingDirectoryOf(run), 'recipe'),
    }),
    ...(settings && {
      settings: {
        ...settings,
        options: given,
        backendSeconds: sharedData.hasImages ? 0 : backendSeconds,
      },
    }),
  };
}

/** Seconds by activity, over all folds. */
const sumTimings = (folds: readonly RunContext['timings'][]): RunContext['timings'] =>
  folds.reduce((sum, fold) => {
    const activities = Object.keys(sum) as (keyof RunContext['timings'])[];
    const added = activities.map(name => [
      name,
      Math.round(1000 * (sum[name] + fold[name])) / 1000,
    ]);
    return Object.fromEntries(added) as Record<keyof RunContext['timings'], number>;
  });

async function trainFold(
  folder: ImageFolder,
  recipe: Recipe,
  options: FinetuneOptions,
): Promise<FoldResult> {
  const {classifier, metrics, timings, run} = await finetune(folder, recipe, options);
  classifier.dispose();
  return {metrics: metrics.validation, timings, ...(run !== undefined && {run})};
}

/**
 * Cross-validates: as many runs as folds, each validated on images that the others train on. Images are decoded once, and the features of a
 * frozen backbone computed once. With `out` each run has a directory in it, beside `folds.json` and `folds.html`; `resume` goes on with the
 * folds that have not ended.
 *
 * @throws UsageError for a recipe that says itself what to validate on; FoldsImpossibleError before an image is decoded, where that is known
 * by then; whatever `finetune` throws
 *
 * @example
 * import {crossValidate, loadImageFolder, resolveRecipe} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const {folds} = await crossValidate(pets, resolveRecipe({}, pets), 5);
 * console.log(folds.map(({metrics}) => metrics.accuracy));
 */
export async function crossValidate(
  folder: ImageFolder,
  recipe: Recipe,
  folds: number,
  options: FinetuneOptions = {},
): Promise<CrossValidationResult> {
  checkFinetuneArguments(folder, recipe, options, 'crossValidate()');
  checkArgument('crossValidate()', 'folds', folds, integerFrom(2));
  validateFoldOptions(folder, recipe, folds);
  const {out} = options;
  const directory =
    out === undefined
      ? undefined
      : await CrossValidationDirectory.open(out, options, recipe, folds);
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
  directory: CrossValidationDirectory | undefined,
): Promise<CrossValidationResult> {
  const {out, onEvent} = options;
  const sharedData = new SharedFoldData(async () => directory?.begin());
  const results: FoldResult[] = [];
  try {
    for (let number = 1; number <= folds; number++) {
      const run = out === undefined ? undefined : foldDirectory(out, number);
      const known =
        run === undefined || options.resume !== true ? undefined : await readFinishedFold(run);
      onEvent?.({type: 'fold', number, folds});
      const result =
        known ??
        (await trainFold(
          folder,
          {...recipe, fold: `${number}/${folds}`},
          foldOptions(options, sharedData, run),
        ));
      onEvent?.({
        type: 'fold-end',
        number,
        folds,
        metrics: result.metrics,
        timings: result.timings.total,
        isResumed: known !== undefined,
      });
      results.push(result);
    }
  } finally {
    await sharedData.close();
  }
  const summary = summarizeFolds(results.map(({metrics}) => metrics));
  const runs = results.flatMap(({run}) => run ?? []);
  const document = {
    ...(out !== undefined && {run: out}),
    ...summary,
    runs,
    timings: sumTimings(results.map(({timings}) => timings)),
  };
  const {arch} = recipe;
  const images = everySample(folder).length;
  await directory?.finish(
    document,
    crossValidationHtml({
      dataset: folder.root,
      arch,
      images,
      classes: folder.classNames,
      summary,
      folds: results,
    }),
  );
  return {summary, folds: results, document};
}
