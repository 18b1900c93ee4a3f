/**
 * Every error a user can cause or cure is a `FinetuneError`: it carries a `code`, the data behind its sentence, and the exit code the
 * command ends with. Anything else that is thrown is a bug of ours. The grammar of a sentence: Expected *what* for *which*, but found
 * *what*; what to do.
 */
export abstract class FinetuneError extends Error {
  /** Stable, upper-case, for programs: `WEIGHTS_MISMATCH`. */
  abstract readonly code: string;
  /** What the command exits with: 1 failed, 2 usage, 3 dataset, 4 machine, 5 accuracy gate. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5 = 1;
}

/** A flag, environment variable, recipe key or argument that cannot be taken. */
export class UsageError extends FinetuneError {
  override readonly name: string = 'UsageError';
  override readonly code: string = 'USAGE';
  override readonly exitCode = 2;
}

/** A dataset that cannot be used as it is. */
export class DatasetError extends FinetuneError {
  override readonly name: string = 'DatasetError';
  override readonly code: string = 'DATASET_UNUSABLE';
  override readonly exitCode = 3;
}

/** A machine that lacks what was demanded. */
export class UnsupportedEnvironmentError extends FinetuneError {
  override readonly name: string = 'UnsupportedEnvironmentError';
  override readonly code: string = 'UNSUPPORTED_ENVIRONMENT';
  override readonly exitCode = 4;
}

/** The run was stopped by its `AbortSignal`, after whatever could be saved was saved. */
export class AbortedError extends FinetuneError {
  override readonly name = 'AbortedError';
  override readonly code = 'ABORTED';

  /** @param checkpoint directory to resume from, when one was written */
  constructor(readonly checkpoint?: string) {
    super(
      checkpoint === undefined
        ? 'The run was stopped.'
        : `The run was stopped; its state is in ${checkpoint}.`,
    );
  }
}

/** The message of anything that was thrown. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
