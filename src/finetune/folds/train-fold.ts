import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ImageFolder} from '../../datasets/sample.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {finetune} from '../finetune.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {hasRunFile, isFinished, workingDirectoryOf, RUN_FILES} from '../run/run-files.js';
import type {SharedFoldData} from './folds-share.js';

/** Result of one fold. */
export interface FoldResult {
  readonly metrics: Metrics;
  /** Seconds by activity. Work that folds share counts for the first fold. */
  readonly timings: RunContext['timings'];
  /** Run directory, if there is one. */
  readonly run?: string;
}

/** Reads the result of a finished fold; undefined for any other. */
export async function readFinishedFold(run: string): Promise<FoldResult | undefined> {
  if (!isFinished(run)) return undefined;
  const path = join(run, RUN_FILES.metrics);
  const {metrics, timings} = JSON.parse(await readFile(path, 'utf8')) as {
    metrics: {validation: Metrics};
    timings: RunContext['timings'];
  };
  return {metrics: metrics.validation, timings, run};
}

/** Options of a fold: its own directory, without the options of the whole cross-validation. */
function foldOptions(
  options: FinetuneOptions,
  sharedData: SharedFoldData,
  run: string | undefined,
): FinetuneOptions {
  const {out: _out, resume = false, settings, ...rest} = options;
  const {folds: _folds, ensemble: _ensemble, ...given} = settings?.options ?? {};
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

/** Trains one fold, in its own directory if there is one. */
export async function trainFold(
  folder: ImageFolder,
  recipe: Recipe,
  options: FinetuneOptions,
  sharedData: SharedFoldData,
  directory: string | undefined,
): Promise<FoldResult> {
  const {classifier, metrics, timings, run} = await finetune(
    folder,
    recipe,
    foldOptions(options, sharedData, directory),
  );
  classifier.dispose();
  return {metrics: metrics.validation, timings, ...(run !== undefined && {run})};
}
