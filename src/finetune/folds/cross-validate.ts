import {BOOLEAN, checkArgument, integerFrom, PATH} from '../../core/arguments.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {crossValidationHtml} from '../../report/folds-page.js';
import {exportFoldEnsemble, type FoldEnsemble} from '../ensemble/fold-ensemble.js';
import {checkFinetuneArguments} from '../finetune-arguments.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe, RecipeInput} from '../recipe/recipe.js';
import {FOLDS_FILES} from '../run/run-files.js';
import {RunGroup} from '../run/run-group.js';
import {sumTimings} from '../timings.js';
import {summarizeFolds, type CrossValidationSummary} from './cross-validation.js';
import {SharedFoldData} from './folds-share.js';
import {readFinishedFold, trainFold, type FoldResult} from './train-fold.js';
import {validateFoldOptions} from './validate-fold-options.js';

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
  /** The models of all folds as one model, if it was requested. */
  readonly ensemble?: FoldEnsemble;
  /** Content of `folds.json`. */
  readonly document: object;
}

/**
 * Options of a cross-validation.
 *
 * @example
 * const options: CrossValidateOptions = {out: './folds', ensemble: true};
 * const {ensemble} = await crossValidate(folder, recipe, 5, options);
 */
export interface CrossValidateOptions extends FinetuneOptions {
  /** Whether to export the models of all folds as one ensemble. It needs `out`. Default: false. */
  readonly ensemble?: boolean;
}

const foldNames = (folds: number): string[] =>
  Array.from({length: folds}, (_, i) => `fold-${i + 1}`);

/**
 * Cross-validates: one run per fold, each validated on images that the others train on. Images are decoded once, and the features of a
 * frozen backbone are computed once. With `out` each run has a directory in it, next to `folds.json` and `folds.html`. `resume` continues
 * with the folds that have not finished. The models of all folds can be exported as one ensemble.
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
  {ensemble = false, ...options}: CrossValidateOptions = {},
): Promise<CrossValidationResult> {
  checkFinetuneArguments(folder, recipe, options, 'crossValidate()');
  checkArgument('crossValidate()', 'options.ensemble', ensemble, BOOLEAN);
  if (ensemble) checkArgument('crossValidate()', 'options.out', options.out, PATH);
  checkArgument('crossValidate()', 'folds', folds, integerFrom(2));
  validateFoldOptions(folder, recipe, folds);
  const {out} = options;
  const directory =
    out === undefined
      ? undefined
      : await RunGroup.open(
          out,
          options,
          {...options.settings?.options, folds, ...recipe} as RecipeInput,
          foldNames(folds),
        );
  try {
    const results = await trainFolds(folder, recipe, folds, options, directory);
    const runs = results.flatMap(({run}) => run ?? []);
    return await summarize(folder, recipe, results, directory, {
      ...(ensemble && {
        ensemble: await exportFoldEnsemble(runs, directory!.path, folder, options),
      }),
    });
  } finally {
    await directory?.close();
  }
}

async function trainFolds(
  folder: ImageFolder,
  recipe: Recipe,
  folds: number,
  options: FinetuneOptions,
  directory: RunGroup | undefined,
): Promise<readonly FoldResult[]> {
  const {out, onEvent, resume = false} = options;
  const sharedData = new SharedFoldData(async () => directory?.begin());
  const results: FoldResult[] = [];
  try {
    for (let number = 1; number <= folds; number++) {
      const run = out === undefined ? undefined : `${out}/${foldNames(folds)[number - 1]!}`;
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
  directory: RunGroup | undefined,
  {ensemble}: {readonly ensemble?: FoldEnsemble},
): Promise<CrossValidationResult> {
  const summary = summarizeFolds(folds.map(({metrics}) => metrics));
  const document = {
    ...(directory !== undefined && {run: directory.path}),
    ...summary,
    runs: folds.flatMap(({run}) => run ?? []),
    ...(ensemble && {ensemble}),
    timings: sumTimings(folds.map(({timings}) => timings)),
  };
  const page = crossValidationHtml({
    dataset: folder.root,
    arch,
    images: everySample(folder).length,
    classes: folder.classNames,
    summary,
    folds,
    hasEnsemble: ensemble !== undefined,
  });
  await directory?.write(FOLDS_FILES.page, page);
  await directory?.writeJson(FOLDS_FILES.document, document);
  return {summary, folds, ...(ensemble && {ensemble}), document};
}
