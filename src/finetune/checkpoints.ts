import {isSystemError, sentenceOf} from '../core/system-error.js';
import {hasCheckpoint, writeCheckpoint, type Checkpoint} from '../training/checkpoint.js';
import type {EpochRow} from '../training/history.js';
import type {RunContext} from './run-context.js';

/** An epoch of a head takes milliseconds; writing after each would take longer than training. */
const SECONDS_BETWEEN = 15;

/** Keeps the last state of a run on disk; does nothing for a run without a directory. */
export class Checkpoints {
  #written = performance.now();

  constructor(
    readonly target: string | undefined,
    readonly run: RunContext,
  ) {}

  /** Where the last one lies, also that of the run that goes on; undefined before the first. */
  get directory(): string | undefined {
    return this.target !== undefined && hasCheckpoint(this.target) ? this.target : undefined;
  }

  async writeIfDue(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    if ((performance.now() - this.#written) / 1000 >= SECONDS_BETWEEN) await this.tryToWrite(snapshot);
  }

  /** Where the disk does not take it, the run goes on all the same: there may be room for the next one. */
  async tryToWrite(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    try {
      await this.write(snapshot);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#written = performance.now();
      this.run.emit({type: 'notice', message: `A checkpoint cannot be written, so the run goes on without it. ${sentenceOf(error)}`});
    }
  }

  /** @throws the system's error where it cannot be written; what was there before is there still */
  async write(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    if (this.target === undefined) return;
    await writeCheckpoint(this.target, snapshot());
    this.#written = performance.now();
    this.run.emit({type: 'checkpoint', directory: this.target});
  }
}
