import {basename} from 'node:path';
import type {EpochRow} from '../../training/loop/history.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import type {RunDirectory} from '../run/run-directory.js';
import {MetricsLog} from './metrics-log.js';
import {MlflowTracker, type MlflowRunRecord} from './mlflow-tracker.js';
import {describeTrackerFailure, RunTracking} from './run-tracking.js';
import {TensorboardTracker} from './tensorboard-tracker.js';
import type {Tracker} from './tracker.js';
import {trainingSamples} from './training-samples.js';

/** Creates the trackers of a run: files in its directory, and a server if one is set. */
export async function createTracking(
  directory: RunDirectory | undefined,
  {mlflow, settings}: FinetuneOptions,
  recipe: Recipe,
  run: RunContext,
): Promise<RunTracking> {
  const warn = (message: string): void => run.emit({type: 'info', message});
  const trackers: Tracker[] = [];
  if (directory !== undefined) {
    const path = directory.file('metricsLog');
    trackers.push(new TensorboardTracker(directory.workingPath), new MetricsLog(path));
  }
  if (mlflow !== undefined && run.offline) warn('MLflow is not used, because the run is offline.');
  else if (mlflow !== undefined) {
    const recorded = (await directory?.readJson('mlflow')) as MlflowRunRecord | undefined;
    trackers.push(
      new MlflowTracker(mlflow, {
        name: basename(directory?.path ?? 'finetune'),
        params: {...settings?.options, ...recipe},
        ...(recorded && {recorded}),
        save: async record => directory?.writeJson('mlflow', record),
        onFailure: error => warn(describeTrackerFailure('MLflow', error)),
      }),
    );
  }
  return new RunTracking(trackers, warn);
}

/**
 * Starts the trackers of a run. From then on, the run gives them its epochs.
 * @param rows epochs of the interrupted run that is resumed
 */
export async function startTracking(
  directory: RunDirectory | undefined,
  options: FinetuneOptions,
  recipe: Recipe,
  run: RunContext,
  prepared: Prepared,
  rows: readonly EpochRow[],
): Promise<RunTracking> {
  const tracking = await createTracking(directory, options, recipe, run);
  await tracking.begin(rows, () => trainingSamples(prepared, recipe));
  run.tracker = tracking;
  return tracking;
}
