import {isOffline} from '../../core/environment-variables.js';
import type {Finding} from '../../core/finding.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {GroupGradientNorms} from '../../training/loop/training-plan.js';
import type {Activity, RunEventListener, RunProgress, RunEvent} from '../events.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {SharedFoldData} from '../folds/folds-share.js';
import {Stopwatch} from '../timings.js';

/** Options that all steps of a run share. */
export type RunContextOptions = Pick<
  FinetuneOptions,
  'onEvent' | 'signal' | 'offline' | 'workers' | 'sharedData'
>;

/** Takes the epochs of a run. */
interface EpochTracker {
  /** Whether it takes the gradient norms of layer groups. */
  readonly showsGroupNorms: boolean;
  epoch(row: EpochRow, groupNorms?: GroupGradientNorms): void;
}

/** Shared context of a run: event listener, abort signal, findings and timings. */
export class RunContext {
  readonly findings: Finding[] = [];
  /** Takes every epoch, once the run has begun. */
  tracker: EpochTracker = {showsGroupNorms: false, epoch: () => {}};
  readonly #onEvent: RunEventListener;
  readonly #stopwatch: Stopwatch;

  constructor(
    readonly options: RunContextOptions = {},
    backendSeconds?: number,
  ) {
    this.#onEvent = options.onEvent ?? (() => {});
    this.#stopwatch = new Stopwatch(backendSeconds);
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal;
  }

  get offline(): boolean {
    return isOffline(this.options.offline);
  }

  get workers(): number | undefined {
    return this.options.workers;
  }

  /** Shared data if the run is a fold of a cross-validation. */
  get sharedData(): SharedFoldData | undefined {
    return this.options.sharedData;
  }

  /** Field to spread into options with an optional signal. */
  get signalOptions(): {readonly signal?: AbortSignal} {
    return this.signal === undefined ? {} : {signal: this.signal};
  }

  get timings(): Stopwatch['timings'] {
    return this.#stopwatch.timings;
  }

  emit(event: RunEvent): void {
    this.#onEvent(event);
  }

  addFinding(finding: Finding): void {
    this.findings.push(finding);
    this.emit({type: 'finding', finding});
  }

  progress(
    activity: Activity,
    done: number,
    total: number,
    unit: string,
    where: Pick<RunProgress, 'step' | 'epoch'> = {},
  ): void {
    this.emit({type: 'progress', activity, done, total, unit, ...where});
  }

  /** Returns a callback that reports progress in images. */
  imageProgress(
    activity: Activity,
    where: Pick<RunProgress, 'step' | 'epoch'> = {},
  ): (done: number, total: number) => void {
    return (done, total) => this.progress(activity, done, total, 'images', where);
  }

  time<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
    return this.#stopwatch.time(activity, work);
  }
}
