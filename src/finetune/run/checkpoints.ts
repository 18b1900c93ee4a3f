import {isSystemError, formatSystemError} from '../../core/files/system-error.js';
import {
  hasCheckpoint,
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
} from '../../training/loop/checkpoint.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {RunContext} from './run-context.js';

/** Minimum interval. An epoch of a head takes milliseconds, so a checkpoint after each would take longer than training. */
const SECONDS_BETWEEN = 15;

/** Writes checkpoints of a run to disk. Does nothing for a run without a directory. */
export class Checkpoints {
  #written = performance.now();

  constructor(
    readonly path: string | undefined,
    readonly run: RunContext,
    /** Whether the run resumes an interrupted one. */
    readonly resume = false,
  ) {}

  /** Directory of the last checkpoint, including that of a resumed run; undefined before the first one. */
  get directory(): string | undefined {
    return this.path !== undefined && hasCheckpoint(this.path) ? this.path : undefined;
  }

  /** Reads the checkpoint to resume from; undefined if the run was stopped before the first one. @throws CheckpointError */
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

  /** Writes a checkpoint. If the disk rejects it, the run continues with a warning, since the next one may succeed. */
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

  /** @throws the system error if it cannot be written; the previous checkpoint is kept */
  async write(snapshot: () => Checkpoint<EpochRow>): Promise<void> {
    if (this.path === undefined) return;
    await writeCheckpoint(this.path, snapshot());
    this.#written = performance.now();
    this.run.emit({type: 'checkpoint', directory: this.path});
  }
}
