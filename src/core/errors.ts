/**
 * Every error a user can cause or cure is a `FinetuneError`: it carries a `code`, the data behind its sentence, and the exit code the
 * command ends with. Anything else that is thrown is a bug of ours. The grammar of a sentence: Expected *what* for *which*, but found
 * *what*; what to do.
 *
 * @example
 * try {
 *   await finetune(folder, recipe);
 * } catch (error) {
 *   if (error instanceof FinetuneError) console.error(error.code, error.message);
 * }
 */
export abstract class FinetuneError extends Error {
  /** Stable, upper-case, for programs: `WEIGHTS_MISMATCH`. */
  abstract readonly code: string;
  /** What the command exits with: 1 failed, 2 usage, 3 dataset, 4 machine, 5 accuracy gate. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5 = 1;
}

/**
 * A flag, environment variable, recipe key or argument that cannot be taken.
 *
 * @example
 * try {
 *   resolveRecipe({epochs: 0}, folder);
 * } catch (error) {
 *   if (error instanceof UsageError) console.error(error.message);
 * }
 */
export class UsageError extends FinetuneError {
  override readonly name: string = 'UsageError';
  override readonly code: string = 'USAGE';
  override readonly exitCode = 2;
}

/**
 * A dataset that cannot be used as it is.
 *
 * @example
 * try {
 *   await loadImageFolder('./empty');
 * } catch (error) {
 *   if (error instanceof DatasetError) console.error(error.message);
 * }
 */
export class DatasetError extends FinetuneError {
  override readonly name: string = 'DatasetError';
  override readonly code: string = 'DATASET_UNUSABLE';
  override readonly exitCode = 3;
}

/**
 * A machine that lacks what was demanded.
 *
 * @example
 * try {
 *   await startBackend({device: 'gpu'});
 * } catch (error) {
 *   if (error instanceof UnsupportedEnvironmentError) console.error('There is no GPU.');
 * }
 */
export class UnsupportedEnvironmentError extends FinetuneError {
  override readonly name: string = 'UnsupportedEnvironmentError';
  override readonly code: string = 'UNSUPPORTED_ENVIRONMENT';
  override readonly exitCode = 4;
}

/**
 * The run was stopped by its `AbortSignal`, after whatever could be saved was saved.
 *
 * @example
 * try {
 *   await finetune(folder, recipe, {out: './run', signal: AbortSignal.timeout(60_000)});
 * } catch (error) {
 *   if (error instanceof AbortedError) await finetune(folder, recipe, {out: './run', resume: true});
 * }
 */
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
