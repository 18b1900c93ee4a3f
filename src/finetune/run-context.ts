import type {Finding} from '../core/finding.js';
import type {Activity, Listener, Progress, RunEvent} from './events.js';
import type {FoldsShare} from './folds-share.js';
import {Stopwatch} from './stopwatch.js';

/** What every part of a run shares: who listens, what stops it, what it found, how long things took. */
export class RunContext {
  readonly findings: Finding[] = [];
  readonly #listen: Listener;
  readonly #stopwatch: Stopwatch;

  constructor(
    listen: Listener = () => {},
    readonly signal?: AbortSignal,
    readonly offline = false,
    readonly workers?: number,
    engineSeconds?: number,
    /** Where the run is one of the folds of a cross-validation. */
    readonly share?: FoldsShare,
  ) {
    this.#listen = listen;
    this.#stopwatch = new Stopwatch(engineSeconds);
  }

  /** To be spread into options whose signal is optional. */
  get signalled(): {readonly signal?: AbortSignal} {
    return this.signal === undefined ? {} : {signal: this.signal};
  }

  get seconds(): Stopwatch['seconds'] {
    return this.#stopwatch.seconds;
  }

  emit(event: RunEvent): void {
    this.#listen(event);
  }

  find(finding: Finding): void {
    this.findings.push(finding);
    this.emit({type: 'finding', finding});
  }

  progress(activity: Activity, done: number, total: number, unit: string, where: Pick<Progress, 'step' | 'epoch'> = {}): void {
    this.emit({type: 'progress', activity, done, total, unit, ...where});
  }

  /** `progress` of images, for whoever counts them. */
  counting(activity: Activity, where: Pick<Progress, 'step' | 'epoch'> = {}): (done: number, total: number) => void {
    return (done, total) => this.progress(activity, done, total, 'images', where);
  }

  time<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
    return this.#stopwatch.time(activity, work);
  }
}
