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
    if ((performance.now() - this.#written) / 1000 >= SECONDS_BETWEEN) await this.write(snapshot);
  }

  async write(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    if (this.target === undefined) return;
    await writeCheckpoint(this.target, snapshot());
    this.#written = performance.now();
    this.run.emit({type: 'checkpoint', directory: this.target});
  }
}
