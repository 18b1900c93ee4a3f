import {UsageError} from '../../core/errors.js';
import {redactUrl} from '../../core/text/redact-url.js';

/**
 * Where and how a run is tracked on an MLflow server.
 *
 * @example
 * const mlflow: MlflowSettings = {trackingUri: 'http://127.0.0.1:5000', experimentName: 'pets'};
 * await finetune(folder, recipe, {out: './run', mlflow});
 */
export interface MlflowSettings {
  /** `http:` or `https:` URL of the server. */
  readonly trackingUri: string;
  /** Created if it does not exist. Default: `Default`. */
  readonly experimentName?: string;
  /** Existing experiment; stronger than its name. */
  readonly experimentId?: string;
  /** Existing run to record into. Default: a new one, or that of the resumed run. */
  readonly runId?: string;
  /** Name of a new run. Default: that of the run directory. */
  readonly runName?: string;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
}

/** @throws UsageError (exit 2) for a URI that names no server */
export function checkTrackingUri(uri: string): string {
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return uri;
  throw new UsageError(
    `The MLflow tracking URI ${redactUrl(uri)} (MLFLOW_TRACKING_URI) names no server: runs are sent to http: and https: only. ` +
      'Start one with mlflow server and name it, such as http://127.0.0.1:5000, or unset the variable.',
  );
}

/**
 * Reads the variables of MLflow's own clients. @returns undefined without a tracking URI
 * @throws UsageError (exit 2) for a URI that names no server
 */
export function readMlflowSettings(environment: NodeJS.ProcessEnv): MlflowSettings | undefined {
  const read = (name: string): string | undefined => environment[`MLFLOW_${name}`] || undefined;
  const uri = read('TRACKING_URI');
  if (uri === undefined) return undefined;
  const settings = {
    trackingUri: checkTrackingUri(uri),
    experimentName: read('EXPERIMENT_NAME'),
    experimentId: read('EXPERIMENT_ID'),
    runId: read('RUN_ID'),
    runName: read('RUN_NAME'),
    token: read('TRACKING_TOKEN'),
    username: read('TRACKING_USERNAME'),
    password: read('TRACKING_PASSWORD'),
  };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as unknown as MlflowSettings;
}
