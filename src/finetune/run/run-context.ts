import type {Finding} from '../../core/finding.js';
import type {Activity, RunEventListener, RunProgress, RunEvent} from '../events.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {SharedFoldData} from '../folds/folds-share.js';
import {Stopwatch} from '../timings.js';

/** Of the options of a run, those that every part of it sees. */
export type RunContextOptions = Pick<
  FinetuneOptions,
  'onEvent' | 'signal' | 'offline' | 'workers' | 'sharedData'
>;

/** What every part of a run shares: who listens, what stops it, what it found, how long things took. */
export class RunContext {
  readonly findings: Finding[] = [];
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
    return this.options.offline ?? false;
  }

  get workers(): number | undefined {
    return this.options.workers;
  }

  /** Where the run is one of the folds of a cross-validation. */
  get sharedData(): SharedFoldData | undefined {
    return this.options.sharedData;
  }

  /** To be spread into options whose signal is optional. */
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

  /** `progress` of images, for whoever counts them. */
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
