import {isSystemError, formatSystemError} from '../../core/files/system-error.js';
import {
  hasCheckpoint,
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
} from '../../training/loop/checkpoint.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {RunContext} from './run-context.js';

/** An epoch of a head takes milliseconds; writing after each would take longer than training. */
const SECONDS_BETWEEN = 15;

/** Keeps the last state of a run on disk; does nothing for a run without a directory. */
export class Checkpoints {
  #written = performance.now();

  constructor(
    readonly path: string | undefined,
    readonly run: RunContext,
    /** Whether the run resumes an interrupted one. */
    readonly resume = false,
  ) {}

  /** Where the last one lies, also that of the run that is resumed; undefined before the first. */
  get directory(): string | undefined {
    return this.path !== undefined && hasCheckpoint(this.path) ? this.path : undefined;
  }

  /** The state to resume from; undefined where the run was stopped before there was any. @throws CheckpointError */
  async readLast(): Promise<Checkpoint<EpochRow> | undefined> {
    const {path} = this;
    return this.resume && path !== undefined && hasCheckpoint(path)
      ? readCheckpoint(path)
      : undefined;
  }

  async writeIfDue(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    if ((performance.now() - this.#written) / 1000 >= SECONDS_BETWEEN)
      await this.writeOrWarn(snapshot);
  }

  /** Where the disk does not take it, the run continues all the same: there may be room for the next one. */
  async writeOrWarn(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    try {
      await this.write(snapshot);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#written = performance.now();
      this.run.emit({
        type: 'info',
        message: `A checkpoint cannot be written, so the run continues without it. ${formatSystemError(error)}`,
      });
    }
  }

  /** @throws the system's error where it cannot be written; what was there before is there still */
  async write(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    if (this.path === undefined) return;
    await writeCheckpoint(this.path, snapshot());
    this.#written = performance.now();
    this.run.emit({type: 'checkpoint', directory: this.path});
  }
}
