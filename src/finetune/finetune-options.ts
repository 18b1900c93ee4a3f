import type {BackendOptions} from '../backend/runtime/runtime.js';
import type {RunEventListener} from './events.js';
import type {SharedFoldData} from './folds/folds-share.js';

/**
 * Where a run writes, what hears of it, and what stops it.
 *
 * @example
 * const controller = new AbortController();
 * process.once('SIGINT', () => controller.abort());
 * await finetune(folder, recipe, {out: './run', signal: controller.signal});
 */
export interface FinetuneOptions {
  /** Told everything that happens; nothing is ever printed. */
  readonly onEvent?: RunEventListener;
  /** Stops the run: a checkpoint is written (where there is a run directory), then `AbortedError` is thrown. */
  readonly signal?: AbortSignal;
  /** Run directory; nothing is written without it. */
  readonly out?: string;
  readonly overwrite?: boolean;
  /** Go on from the checkpoint in `out`. */
  readonly resume?: boolean;
  readonly backend?: BackendOptions['backend'];
  readonly device?: BackendOptions['device'];
  readonly offline?: boolean;
  /** Threads to decode images on; as many as Node has, and no more (UV_THREADPOOL_SIZE, 4 unless set before it starts). */
  readonly workers?: number;
  /** What the folds of a cross-validation have in common; see `crossValidate`. */
  readonly sharedData?: SharedFoldData;
  /** Written into `recipe.json` and the report next to the recipe: what the caller knows of how it was called. */
  readonly settings?: RunSettings;
}

/** What a command line knows of a run and the library does not. */
export interface RunSettings {
  /** Options besides the recipe, to be given back by `--recipe`: `data`, `limit`, ... */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Where each effective value came from. */
  readonly sources?: Readonly<Record<string, string>>;
  /** The command to type for the same run. */
  readonly command?: string;
  /** Spent on starting the backend before the run. */
  readonly backendSeconds?: number;
}
