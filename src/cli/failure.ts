import {printable, printableLines} from '../core/text/printable.js';
import {
  defineError,
  FinetuneError,
  UnsupportedEnvironmentError,
  errorMessage,
} from '../core/errors.js';
import {systemErrorCode, isSystemError, formatSystemError} from '../core/files/system-error.js';
import {formatError, type ErrorFormatOptions} from './terminal/format-error.js';
import {SIGNAL_EXIT_CODES, type StopSignal} from './signals.js';
import {wrapText} from './terminal/screen/layout.js';
import {PROGRAM_NAME, quoted} from './terminal/format.js';

/** Failure of a command, ready to be reported. */
export interface Failure {
  readonly exitCode: number;
  /** Text for standard error. */
  readonly text: string;
  /** `error` of the JSON document. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Exit codes of errors that carry none themselves. */
const SYSTEM_ERROR_EXIT_CODE = 1;
const INTERNAL_ERROR_EXIT_CODE = 1;

/** A run was stopped after its directory was created. It can be resumed from there. */
export class InterruptedRunError extends defineError(
  FinetuneError,
  'ABORTED',
  ({
    run,
    checkpoint,
  }: {
    run: string;
    /** Directory of the last checkpoint, if one was written. */
    checkpoint?: string | undefined;
    /** Command that continues it. Default: that of a single run. */
    command?: string | undefined;
  }) =>
    `The run in ${run} was stopped${checkpoint === undefined ? ' before the first checkpoint' : `; its state is in ${checkpoint}`}.`,
) {
  /** Command that resumes the run. */
  readonly resume = this.command ?? `${PROGRAM_NAME} --resume ${quoted(this.run)}`;
}

function toInterruptedFailure(error: unknown, signalName: StopSignal, columns: number): Failure {
  const exitCode = SIGNAL_EXIT_CODES[signalName];
  if (error instanceof InterruptedRunError) {
    const text = `${wrapText(`${printable(error.message)} Resume it with`, columns, '')}\n\n  ${error.resume}\n`;
    return {
      exitCode,
      text,
      document: {...errorFields(error), exitCode, message: error.message, signal: signalName},
    };
  }
  const message = 'Stopped; there is nothing to resume.';
  return {
    exitCode,
    text: message,
    document: {code: 'ABORTED', exitCode, message, signal: signalName},
  };
}

/** Own fields of an error, for the JSON document. */
function errorFields(error: FinetuneError): Record<string, unknown> {
  const {
    name: _name,
    message: _message,
    cause: _cause,
    ...fields
  } = error as FinetuneError & {readonly cause?: unknown};
  return fields;
}

/** Translates the error that sharp throws on import if npm skipped its optional packages. */
function toSharpError(error: unknown): UnsupportedEnvironmentError | undefined {
  const platform = /^Could not load the "sharp" module using the (\S+) runtime/.exec(
    errorMessage(error),
  )?.[1];
  if (platform === undefined) return undefined;
  return new UnsupportedEnvironmentError(
    `sharp has no binary for ${platform}, so images cannot be read. Reinstall with: npm install --include=optional.`,
  );
}

/**
 * Converts an error into a failure to report.
 * @param error any thrown value
 * @param signalName signal that the process received before, if any. The error is then treated as its consequence.
 */
export function toFailure(
  error: unknown,
  options: ErrorFormatOptions,
  signalName?: StopSignal,
): Failure {
  if (signalName !== undefined)
    return toInterruptedFailure(error, signalName, options.terminal.columns);
  const knownError = toSharpError(error) ?? error;
  if (knownError instanceof FinetuneError) {
    const {code, exitCode, message} = knownError;
    return {
      exitCode,
      text: formatError(message, knownError, options),
      document: {...errorFields(knownError), code, exitCode, message},
    };
  }
  if (isSystemError(error)) {
    const message = formatSystemError(error);
    const {path} = error;
    const document = {
      code: systemErrorCode(error),
      exitCode: SYSTEM_ERROR_EXIT_CODE,
      message,
      ...(path !== undefined && {path}),
    };
    return {exitCode: SYSTEM_ERROR_EXIT_CODE, text: formatError(message, error, options), document};
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const introduction = formatError(
    'Internal error: this is a bug in finetune. Please report it with these lines:',
    undefined,
    options,
  );
  const text = `${introduction}\n\n${printableLines(stack)}`;
  return {
    exitCode: INTERNAL_ERROR_EXIT_CODE,
    text,
    document: {
      code: 'INTERNAL_ERROR',
      exitCode: INTERNAL_ERROR_EXIT_CODE,
      message: errorMessage(error),
      stack,
    },
  };
}
