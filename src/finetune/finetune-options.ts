import type {BackendOptions} from '../backend/runtime/runtime.js';
import type {RunEventListener} from './events.js';
import type {SharedFoldData} from './folds/folds-share.js';
import type {MlflowSettings} from './tracking/mlflow-settings.js';

/**
 * Options of `finetune()` besides the recipe: run directory, event listener, abort signal, backend.
 *
 * @example
 * const controller = new AbortController();
 * process.once('SIGINT', () => controller.abort());
 * await finetune(folder, recipe, {out: './run', signal: controller.signal});
 */
export interface FinetuneOptions {
  /** Called with every event of the run. Nothing is printed. */
  readonly onEvent?: RunEventListener;
  /** Stops the run. It writes a checkpoint if there is a run directory, then throws `AbortedError`. */
  readonly signal?: AbortSignal;
  /** Run directory. Default: none; nothing is written. */
  readonly out?: string;
  readonly overwrite?: boolean;
  /** Resumes from the checkpoint in `out`. */
  readonly resume?: boolean;
  readonly backend?: BackendOptions['backend'];
  readonly device?: BackendOptions['device'];
  readonly offline?: boolean;
  /**
   * Whether to install TensorFlow if it is missing: 274 MB to download, 0.6 GB on disk. Default: false. Then `auto` is an error where
   * TensorFlow could be installed, since training on WebAssembly takes 5 to 9 times as long.
   */
  readonly install?: boolean;
  /**
   * Number of threads that decode images. Default: `FINETUNE_WORKERS`, else all of Node's thread pool (UV_THREADPOOL_SIZE, 4 unless set
   * before Node starts), which is the maximum.
   */
  readonly workers?: number;
  /** Server to record the run on. A server that fails is reported once and never stops the run. Default: none. */
  readonly mlflow?: MlflowSettings;
  /** Data that the folds of a cross-validation share; see `crossValidate`. */
  readonly sharedData?: SharedFoldData;
  /** Information about the call, written into `recipe.json` and the report next to the recipe. */
  readonly settings?: RunSettings;
}

/** Information about a run that the command line has and the library lacks. */
export interface RunSettings {
  /** Options besides the recipe, restored by `--recipe`: `data`, `maxPerClass`, … */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Source of each effective value. */
  readonly sources?: Readonly<Record<string, string>>;
  /** Reasons for recommended values: `epochs 8: about 8,000 images shown`. */
  readonly reasons?: readonly string[];
  /** Command that repeats the run. */
  readonly command?: string;
  /** Seconds spent on starting the backend before the run. */
  readonly backendSeconds?: number;
}
