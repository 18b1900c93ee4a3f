import {printableLines, printableStyled} from '../../../core/text/printable.js';
import {COLORED, supportsColor, UNSTYLED, type Style} from './style.js';

/** The part of a stream that is used here. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A pseudo-terminal without a size says 0. */
const getColumns = ({isTTY, columns}: OutputStream): number =>
  isTTY === true ? columns || 80 : Infinity;

/** Whatever was forgotten elsewhere, no name from outside acts on a terminal. */
const escapeOutput = (text: string, style: Style): string =>
  (style === UNSTYLED ? printableLines : printableStyled)(text);

const CLEAR_LINE = '\r\u001b[2K';

/** Where everything that is said goes: results to standard output, the rest to standard error. */
export class Terminal {
  /** Of standard error. */
  readonly style: Style;
  /** Of standard output. */
  readonly resultStyle: Style;
  /** Whether a line on standard error can be drawn over. */
  readonly interactive: boolean;
  quiet = false;
  #hasDrawnLine = false;

  constructor(
    readonly stdout: OutputStream,
    readonly stderr: OutputStream,
    environment: NodeJS.ProcessEnv,
  ) {
    const chooseStyle = (stream: OutputStream): Style =>
      supportsColor(stream.isTTY === true, environment) ? COLORED : UNSTYLED;
    this.style = chooseStyle(stderr);
    this.resultStyle = chooseStyle(stdout);
    this.interactive =
      stderr.isTTY === true && environment.TERM !== 'dumb' && (environment.CI ?? '') === '';
  }

  /** Of standard error; infinite where lines are for a file or a program, which wrap them as they like. */
  get columns(): number {
    return getColumns(this.stderr);
  }

  /** Of standard output. */
  get resultColumns(): number {
    return getColumns(this.stdout);
  }

  result(text: string): void {
    this.draw('');
    this.stdout.write(text === '' ? '' : `${escapeOutput(text, this.resultStyle)}\n`);
  }

  /** A line that stays, unless `--quiet`. */
  log(line: string): void {
    if (!this.quiet) this.alert(line);
  }

  /** A line that stays, also with `--quiet`: what went wrong. */
  alert(line: string): void {
    this.draw('');
    this.stderr.write(`${escapeOutput(line, this.style)}\n`);
  }

  /** The line at the bottom of an interactive terminal, in place of the one before; empty: none. */
  draw(line: string): void {
    if (!this.interactive || this.quiet || (line === '' && !this.#hasDrawnLine)) return;
    this.stderr.write(CLEAR_LINE + escapeOutput(line, this.style));
    this.#hasDrawnLine = line !== '';
  }
}

/** Waits until what was written has left the process; a pipe takes it in parts. */
export const waitUntilDrained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise(resolve => (stream.writable ? stream.write('', () => resolve()) : resolve()));
