import {printable, printableLines} from '../core/printable.js';
import {FinetuneError, MachineError, messageOf} from '../core/errors.js';
import {codeOf, isSystemError, sentenceOf} from '../core/system-error.js';
import {errorText, type ErrorView} from './error-text.js';
import {SIGNAL_EXIT_CODES, type StopSignal} from './interrupts.js';
import {wrapped} from './layout.js';
import {PROGRAM, quoted} from './words.js';

/** Why a command did not end well, ready to be told. */
export interface Failure {
  readonly exitCode: number;
  /** For people. */
  readonly text: string;
  /** For programs: `error` of the JSON document. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** The table of the contract, except the codes that errors carry themselves: 1 failed, 2 usage, 3 dataset, 4 machine, 5 accuracy. */
const REFUSED = 1;
const BUG = 1;

/** A run that was stopped after it had a directory, from which it can go on. */
export class StoppedRunError extends FinetuneError {
  override readonly name = 'StoppedRunError';
  override readonly code = 'ABORTED';
  /** What to type. */
  readonly resume: string;

  /** @param checkpoint directory of the last state, where there was one to write */
  constructor(
    readonly run: string,
    readonly checkpoint?: string,
  ) {
    super(
      `The run in ${run} was stopped${checkpoint === undefined ? ' before it had learned anything' : `; its state is in ${checkpoint}`}.`,
    );
    this.resume = `${PROGRAM} --resume ${quoted(run)}`;
  }
}

function interruption(error: unknown, stopped: StopSignal, columns: number): Failure {
  const exitCode = SIGNAL_EXIT_CODES[stopped];
  if (error instanceof StoppedRunError) {
    const text = `${wrapped(`${printable(error.message)} Go on with`, columns, '')}\n\n  ${error.resume}\n`;
    return {exitCode, text, document: {...fieldsOf(error), exitCode, message: error.message, signal: stopped}};
  }
  const message = 'Stopped; there is nothing to go on from.';
  return {exitCode, text: message, document: {code: 'ABORTED', exitCode, message, signal: stopped}};
}

/** What else the error says of itself, for programs. */
function fieldsOf(error: FinetuneError): Record<string, unknown> {
  const {name: _name, message: _message, cause: _cause, ...fields} = error as FinetuneError & {readonly cause?: unknown};
  return fields;
}

/** What sharp throws when it is imported where npm was told to leave optional packages out, in our words. */
function withoutSharp(error: unknown): MachineError | undefined {
  const machine = /^Could not load the "sharp" module using the (\S+) runtime/.exec(messageOf(error))?.[1];
  if (machine === undefined) return undefined;
  return new MachineError(
    `Expected sharp for ${machine} to read images with, but found it was left out. Install with optional packages: npm install --include=optional.`,
  );
}

/**
 * @param error whatever was thrown
 * @param stopped the signal that the process got before, if any: what is thrown then is the consequence
 */
export function failureOf(error: unknown, view: ErrorView, stopped?: StopSignal): Failure {
  if (stopped !== undefined) return interruption(error, stopped, view.terminal.columns);
  const known = withoutSharp(error) ?? error;
  if (known instanceof FinetuneError) {
    const {code, exitCode, message} = known;
    return {exitCode, text: errorText(message, known, view), document: {...fieldsOf(known), code, exitCode, message}};
  }
  if (isSystemError(error)) {
    const message = sentenceOf(error);
    const {path} = error;
    const document = {code: codeOf(error), exitCode: REFUSED, message, ...(path !== undefined && {path})};
    return {exitCode: REFUSED, text: errorText(message, error, view), document};
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const sentence = errorText('This is a mistake of finetune, not of yours. Please report it with these lines:', undefined, view);
  const text = `${sentence}\n\n${printableLines(stack)}`;
  return {exitCode: BUG, text, document: {code: 'BUG', exitCode: BUG, message: messageOf(error), stack}};
}
