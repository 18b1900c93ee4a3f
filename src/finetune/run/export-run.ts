import {join, resolve} from 'node:path';
import {findPretrained} from '../../backbones/pretrained/pretrained.js';
import {startBackend, type BackendOptions} from '../../backend/runtime/runtime.js';
import {exportModel, type ExportModelResult} from '../../export/export-model.js';
import {readTrainedClassifier} from '../../export/trained-weights.js';
import {modelCard} from '../../report/model-card.js';
import {writeReport} from '../../report/report.js';
import {RECIPE_OPTIONS, type Recipe} from '../recipe/recipe.js';
import {hasRunFile, RUN_FILES, runOf, workingDirectoryOf} from './run-files.js';
import {RunLock} from './run-lock.js';
import {withoutPaths} from './run-record-files.js';
import {findTrainedRun, readRecord, readRunJson} from './trained-run.js';

/**
 * Writes the report of a run again from its files; no images are needed.
 * @returns path of the report
 * @throws UsageError if there is no run whose training has ended; RunFileError, RunLockedError
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

export interface ExportRunOptions extends Partial<BackendOptions> {
  /** Directory of the exported model. Default: the `model` directory of the run. */
  readonly out?: string;
}

/** Picks the recipe from `recipe.json`, which holds other options as well. */
const pickRecipe = (document: Readonly<Record<string, unknown>>): Recipe =>
  Object.fromEntries(
    Object.entries(document).filter(([key]) => key in RECIPE_OPTIONS),
  ) as unknown as Recipe;

/**
 * Exports the model of a run whose training has ended, from its best weights; no images are needed.
 * @throws UsageError if there is no such run; TrainedWeightsError, RunFileError, RunLockedError; all errors of `exportModel`
 */
export async function exportRun(
  run: string,
  {out, ...backendOptions}: ExportRunOptions = {},
): Promise<ExportModelResult> {
  const workingDirectory = await findTrainedRun(run, 'best');
  await startBackend(backendOptions);
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
  // A run that ended before evaluation has no record. Its exported model has no metrics.
  const record = hasRunFile(workingDirectory, 'record')
    ? await readRecord(run, workingDirectory)
    : undefined;
  const recipe = pickRecipe(await readRunJson(join(workingDirectory, RUN_FILES.recipe)));
  const classifier = await readTrainedClassifier(join(workingDirectory, RUN_FILES.best));
  const pretrained = findPretrained(classifier.origin, classifier.spec.arch);
  try {
    return await exportModel(classifier, out, {
      recipe: withoutPaths(recipe),
      ...(record !== undefined && {
        metrics: record.metrics,
        modelCard: modelCard(record),
        ...(record.openSet !== undefined && {openSet: record.openSet}),
      }),
      ...(pretrained !== undefined && {pretrained: pretrained}),
      ...(signal && {signal}),
    });
  } finally {
    classifier.dispose();
  }
}
