import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {findPretrained} from '../../backbones/pretrained/pretrained.js';
import {defineError, FinetuneError, errorMessage, UsageError} from '../../core/errors.js';
import {shellQuote} from '../../core/text/shell-quote.js';
import {startBackend, type EngineWish} from '../../backend/runtime/runtime.js';
import {exportModel, type ExportModelResult} from '../../export/export-model.js';
import {readTrainedClassifier} from '../../export/trained-weights.js';
import {modelCard} from '../../report/model-card.js';
import {writeReport} from '../../report/report.js';
import type {RunRecord} from '../../report/run-record.js';
import type {Recipe} from '../recipe/recipe.js';
import {recipeSchema} from '../recipe/recipe-schema.js';
import {RunLock} from './run-lock.js';
import {
  hasRunFile,
  isFinished,
  workingDirectoryOf,
  RUN_FILES,
  runOf,
  type RunFile,
} from './run-files.js';
import {withoutPaths} from './run-record-files.js';

/** A file of a run that is not there, or not what a run wrote. */
export class RunFileError extends defineError(
  FinetuneError,
  'RUN_FILE_UNREADABLE',
  ({path}: {path: string}, {reason}: {reason: string}) =>
    `${path} cannot be read: ${reason}. Go on with the run by --resume, or train again.`,
) {}

async function readJson<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new RunFileError({path}, {reason: errorMessage(error)});
  }
}

/** What to say of a directory that has not what is needed of a run. */
function describeMissingTraining(
  run: string,
  workingDirectory: string,
  requiredFile: RunFile,
): string {
  if (!hasRunFile(workingDirectory, 'recipe'))
    return `${run} holds ${existsSync(run) ? 'no run' : 'nothing'}. Give the directory of a run.`;
  if (existsSync(join(run, 'folds.json')))
    return `${run} holds the runs of a cross-validation. Give one of them, such as ${shellQuote(join(run, 'fold-1'))}`;
  if (isFinished(workingDirectory))
    return `${run} holds a run without its ${RUN_FILES[requiredFile]}. Copy the whole directory again, or train again.`;
  return `${run} holds a run whose training has not ended. Go on with it: finetune --resume ${shellQuote(run)}`;
}

/**
 * Where the files of a run lie whose training has ended.
 * @param requiredFile what tells that it has
 * @throws UsageError for another directory; RunLockedError where the run is still trained
 */
async function findTrainedRun(run: string, requiredFile: RunFile): Promise<string> {
  const workingDirectory = hasRunFile(run, requiredFile) ? run : workingDirectoryOf(run);
  if (hasRunFile(workingDirectory, requiredFile)) return workingDirectory;
  if (workingDirectory === run && hasRunFile(run, 'recipe'))
    await (await RunLock.acquire(run)).release();
  throw new UsageError(describeMissingTraining(run, workingDirectory, requiredFile));
}

/** What a run wrote of itself, wherever it was moved since. */
async function readRecord(run: string, workingDirectory: string): Promise<RunRecord> {
  const record = await readJson<RunRecord>(join(workingDirectory, RUN_FILES.record));
  return {...record, run, model: join(run, RUN_FILES.model)};
}

/**
 * Writes the report of a run again from what the run left; no image is needed.
 * @returns its path
 * @throws UsageError where there is no run whose training has ended; RunFileError, RunLockedError
 */
export async function reportRun(run: string): Promise<string> {
  await findTrainedRun(run, 'record');
  const runLock = await RunLock.acquire(run);
  try {
    const workingDirectory = hasRunFile(run, 'record') ? run : workingDirectoryOf(run);
    const path = join(workingDirectory, RUN_FILES.report);
    await writeReport(await readRecord(run, workingDirectory), path);
    return path;
  } finally {
    await runLock.release();
  }
}

export interface ExportRunOptions extends Partial<EngineWish> {
  /** Directory of the model; the run's own unless told. */
  readonly out?: string;
}

/** A recipe is all of its values, and `recipe.json` says more. */
const pickRecipe = (document: Readonly<Record<string, unknown>>): Recipe =>
  Object.fromEntries(
    Object.entries(document).filter(([key]) => key in recipeSchema.properties),
  ) as unknown as Recipe;

/**
 * Exports the model of a run whose training has ended, from its best weights; no image is needed.
 * @throws UsageError where there is no such run; TrainedFileError, RunFileError, RunLockedError, and as `exportModel`
 */
export async function exportRun(
  run: string,
  {out, backend = 'auto', device = 'auto', ...backendOptions}: ExportRunOptions = {},
): Promise<ExportModelResult> {
  const workingDirectory = await findTrainedRun(run, 'best');
  await startBackend({backend, device, ...backendOptions});
  if (out !== undefined)
    return exportToDirectory(run, workingDirectory, out, backendOptions.signal);
  const [target, runLock] = [runOf(run), await RunLock.acquire(runOf(run))];
  try {
    if (target === run)
      return await exportToDirectory(
        run,
        workingDirectory,
        join(workingDirectory, RUN_FILES.model),
        backendOptions.signal,
      );
    const replacement = await runLock.acquireReplacement();
    const result = await exportToDirectory(
      target,
      replacement,
      join(replacement, RUN_FILES.model),
      backendOptions.signal,
    );
    await runLock.replace();
    return {...result, directory: resolve(target, RUN_FILES.model)};
  } finally {
    await runLock.release();
  }
}

async function exportToDirectory(
  run: string,
  workingDirectory: string,
  out: string,
  signal?: AbortSignal,
): Promise<ExportModelResult> {
  // A run that ended before it had measured all has none; its model says nothing of metrics then.
  const record = hasRunFile(workingDirectory, 'record')
    ? await readRecord(run, workingDirectory)
    : undefined;
  const recipe = pickRecipe(await readJson(join(workingDirectory, RUN_FILES.recipe)));
  const classifier = await readTrainedClassifier(join(workingDirectory, RUN_FILES.best));
  const pretrained = findPretrained(classifier.origin, classifier.spec.arch);
  try {
    return await exportModel(classifier, out, {
      recipe: withoutPaths(recipe),
      ...(record !== undefined && {metrics: record.metrics, modelCard: modelCard(record)}),
      ...(pretrained !== undefined && {pretrained: pretrained}),
      ...(signal && {signal}),
    });
  } finally {
    classifier.dispose();
  }
}
