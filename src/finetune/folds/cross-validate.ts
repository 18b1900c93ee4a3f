import {checkArgument, integerFrom} from '../../core/arguments.js';
import {UsageError} from '../../core/errors.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {crossValidationHtml} from '../../report/folds-page.js';
import {checkFinetuneArguments} from '../finetune-arguments.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {validateSplitOptions} from '../preparation/split-images.js';
import {OPTIONS} from '../options/options.js';
import type {Recipe, RecipeInput} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {CrossValidationDirectory, foldDirectory} from './cross-validation-directory.js';
import {summarizeFolds, type CrossValidationSummary} from './cross-validation.js';
import {SharedFoldData} from './folds-share.js';
import {readFinishedFold, trainFold, type FoldResult} from './train-fold.js';

/**
 * Result of a cross-validation.
 *
 * @example
 * const {folds} = await crossValidate(folder, recipe, 5, {out: './folds'});
 * console.log(folds.map(({run}) => run));
 */
export interface CrossValidationResult {
  readonly summary: CrossValidationSummary;
  readonly folds: readonly FoldResult[];
  /** Content of `folds.json`. */
  readonly document: object;
}

/**
 * Validates fold options as far as file names allow, before images are decoded.
 * @throws ArgumentError, UsageError for a recipe that defines its own validation images; FoldError, GroupByError, TooManyFoldsError
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
  validateSplitOptions(folder, {
    groupBy,
    testSplit,
    seed,
    fold: `1/${folds}`,
    ...(splitFile !== undefined && {splitFile}),
  });
}

/**
 * Cross-validates: one run per fold, each validated on images that the others train on. Images are decoded once, and the features of a
 * frozen backbone are computed once. With `out` each run has a directory in it, next to `folds.json` and `folds.html`. `resume` continues
 * with the folds that have not finished.
 *
 * @throws UsageError for a recipe that defines its own validation images; TooManyFoldsError, before images are decoded if possible; all
 * errors of `finetune`
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
    const results = await trainFolds(folder, recipe, folds, options, directory);
    return await summarize(folder, recipe, results, directory);
  } finally {
    await directory?.close();
  }
}

/** Seconds by activity, summed over all folds. */
const sumTimings = (folds: readonly RunContext['timings'][]): RunContext['timings'] =>
  folds.reduce((sum, fold) => {
    const activities = Object.keys(sum) as (keyof RunContext['timings'])[];
    const added = activities.map(name => [
      name,
      Math.round(1000 * (sum[name] + fold[name])) / 1000,
    ]);
    return Object.fromEntries(added) as Record<keyof RunContext['timings'], number>;
  });

async function trainFolds(
  folder: ImageFolder,
  recipe: Recipe,
  folds: number,
  options: FinetuneOptions,
  directory: CrossValidationDirectory | undefined,
): Promise<readonly FoldResult[]> {
  const {out, onEvent, resume = false} = options;
  const sharedData = new SharedFoldData(async () => directory?.begin());
  const results: FoldResult[] = [];
  try {
    for (let number = 1; number <= folds; number++) {
      const run = out === undefined ? undefined : foldDirectory(out, number);
      const finished = run !== undefined && resume ? await readFinishedFold(run) : undefined;
      onEvent?.({type: 'fold', number, folds});
      const foldRecipe = {...recipe, fold: `${number}/${folds}`};
      const result = finished ?? (await trainFold(folder, foldRecipe, options, sharedData, run));
      const {metrics, timings} = result;
      const isResumed = finished !== undefined;
      onEvent?.({type: 'fold-end', number, folds, metrics, seconds: timings.total, isResumed});
      results.push(result);
    }
  } finally {
    await sharedData.close();
  }
  return results;
}

/** Summarizes the folds, and writes `folds.json` and `folds.html` if there is a directory. */
async function summarize(
  folder: ImageFolder,
  {arch}: Recipe,
  folds: readonly FoldResult[],
  directory: CrossValidationDirectory | undefined,
): Promise<CrossValidationResult> {
  const summary = summarizeFolds(folds.map(({metrics}) => metrics));
  const document = {
    ...(directory !== undefined && {run: directory.path}),
    ...summary,
    runs: folds.flatMap(({run}) => run ?? []),
    timings: sumTimings(folds.map(({timings}) => timings)),
  };
  const page = crossValidationHtml({
    dataset: folder.root,
    arch,
    images: everySample(folder).length,
    classes: folder.classNames,
    summary,
    folds,
  });
  await directory?.finish(document, page);
  return {summary, folds, document};
}
