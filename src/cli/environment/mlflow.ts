import {UsageError} from '../../core/errors.js';
import {readMlflowSettings, type MlflowSettings} from '../../finetune/tracking/mlflow-settings.js';

/**
 * Reads MLflow's variables for a command that trains once or several times.
 * @throws UsageError (exit 2) for a URI that names no server, or if several runs would be recorded in one
 */
export function readMlflow(
  environment: NodeJS.ProcessEnv,
  {folds, ensemble}: {readonly folds?: number; readonly ensemble?: string},
): MlflowSettings | undefined {
  const mlflow = readMlflowSettings(environment);
  if (mlflow?.runId === undefined || (folds === undefined && ensemble === undefined)) return mlflow;
  throw new UsageError(
    `MLFLOW_RUN_ID names one run, and ${folds === undefined ? '--ensemble' : `--folds ${folds}`} trains several. Unset it: each is recorded in a run of its own.`,
  );
}
