/**
 * Base class of all errors that a user can cause or fix. Each has a stable `code`, the data behind its message, and the exit code of the
 * command. Anything else that is thrown is a bug. A message says what happened, why, and what to do; it starts with the thing that is
 * wrong.
 *
 * @example
 * try {
 *   await finetune(folder, recipe);
 * } catch (error) {
 *   if (error instanceof FinetuneError) console.error(error.code, error.message);
 * }
 */
export abstract class FinetuneError extends Error {
  /** Stable upper-case identifier for programs: `WEIGHTS_MISMATCH`. */
  abstract readonly code: string;
  /** Exit code of the command: 1 failed, 2 usage, 3 dataset, 4 machine, 5 accuracy gate, 6 training diverged. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 6 = 1;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * An invalid flag, environment variable, recipe key or argument.
 *
 * @example
 * try {
 *   resolveRecipe({epochs: 0}, folder);
 * } catch (error) {
 *   if (error instanceof UsageError) console.error(error.message);
 * }
 */
export class UsageError extends FinetuneError {
  override readonly code: string = 'USAGE';
  override readonly exitCode = 2;
}

/**
 * A dataset that cannot be used.
 *
 * @example
 * try {
 *   await loadImageFolder('./empty');
 * } catch (error) {
 *   if (error instanceof DatasetError) console.error(error.message);
 * }
 */
export class DatasetError extends FinetuneError {
  override readonly code: string = 'DATASET_UNUSABLE';
  override readonly exitCode = 3;
}

/**
 * A machine that lacks something the user required.
 *
 * @example
 * try {
 *   await startBackend({device: 'gpu'});
 * } catch (error) {
 *   if (error instanceof UnsupportedEnvironmentError) console.error('There is no GPU.');
 * }
 */
export class UnsupportedEnvironmentError extends FinetuneError {
  override readonly code: string = 'UNSUPPORTED_ENVIRONMENT';
  override readonly exitCode = 4;
}

/** Constructor arguments of a defined error. Details and words are optional if they have no required key. */
type ErrorArguments<Details, Words> = [Words] extends [void]
  ? object extends Details
    ? [details?: Details & ErrorOptions]
    : [details: Details & ErrorOptions]
  : object extends Words
    ? [details: Details & ErrorOptions, words?: Words]
    : [details: Details & ErrorOptions, words: Words];

/**
 * Creates the base of an error class. `base` sets the exit code.
 * @param message builds the message from details and words. Details become properties of the error and fields of its JSON form; `cause` is
 * the standard one. Words are used only in the message.
 *
 * @example
 * class FileMissingError extends defineError(
 *   UsageError,
 *   'FILE_MISSING',
 *   ({path}: {path: string}) => `There is no file ${path}. Check the path.`,
 * ) {}
 * throw new FileMissingError({path: 'labels.csv'});
 */
export function defineError<
  Base extends FinetuneError,
  const Code extends string,
  Details extends object = object,
  Words = void,
>(
  base: abstract new (message: string, options?: ErrorOptions) => Base,
  code: Code,
  message: (details: Details, words: Words) => string,
): new (
  ...args: ErrorArguments<Details, Words>
) => Base & Readonly<Details> & {readonly code: Code} {
  const parent: abstract new (message: string, options?: ErrorOptions) => FinetuneError = base;
  class DefinedError extends parent {
    override readonly code = code;

    constructor(details = {} as Details, words = {} as Words) {
      const {cause, ...fields}: {cause?: unknown} = details;
      super(message(details, words), cause === undefined ? undefined : {cause});
      Object.assign(this, fields);
    }
  }
  return DefinedError as ReturnType<typeof defineError<Base, Code, Details, Words>>;
}

/**
 * The run was stopped by its `AbortSignal`. Everything that could be saved has been saved.
 *
 * @example
 * try {
 *   await finetune(folder, recipe, {out: './run', signal: AbortSignal.timeout(60_000)});
 * } catch (error) {
 *   if (error instanceof AbortedError) await finetune(folder, recipe, {out: './run', resume: true});
 * }
 */
export class AbortedError extends defineError(
  FinetuneError,
  'ABORTED',
  ({
    checkpoint,
  }: {
    /** Directory to resume from, if a checkpoint was written. */
    checkpoint?: string | undefined;
  }) =>
    checkpoint === undefined
      ? 'The run was stopped.'
      : `The run was stopped; its state is in ${checkpoint}.`,
) {}

/** @throws AbortedError if the signal is aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AbortedError();
}

/** The message of any thrown value. */
export const errorMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
