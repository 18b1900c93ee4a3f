import {printableLines, printableStyled} from '../../../core/text/printable.js';
import {COLORED, supportsColor, UNSTYLED, type Style} from './style.js';

/** Subset of a writable stream that is used here. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A pseudo-terminal without a size reports 0 columns. */
const getColumns = ({isTTY, columns}: OutputStream): number =>
  isTTY === true ? columns || 80 : Infinity;

/** Last line of defense: escapes control characters, so that no external name acts on the terminal. */
const escapeOutput = (text: string, style: Style): string =>
  (style === UNSTYLED ? printableLines : printableStyled)(text);

const CLEAR_LINE = '\r\u001b[2K';

/** Output of the program: results go to standard output, everything else to standard error. */
export class Terminal {
  /** Style of standard error. */
  readonly style: Style;
  /** Style of standard output. */
  readonly resultStyle: Style;
  /** Whether a line on standard error can be redrawn. */
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

  /** Columns of standard error. `Infinity` for files and pipes, whose readers wrap lines themselves. */
  get columns(): number {
    return getColumns(this.stderr);
  }

  /** Columns of standard output. */
  get resultColumns(): number {
    return getColumns(this.stdout);
  }

  result(text: string): void {
    this.draw('');
    this.stdout.write(text === '' ? '' : `${escapeOutput(text, this.resultStyle)}\n`);
  }

  /** Prints a permanent line, unless `--quiet` is set. */
  log(line: string): void {
    if (!this.quiet) this.alert(line);
  }

  /** Prints a permanent line about a problem, even with `--quiet`. */
  alert(line: string): void {
    this.draw('');
    this.stderr.write(`${escapeOutput(line, this.style)}\n`);
  }

  /** Replaces the bottom line of an interactive terminal. An empty line removes it. */
  draw(line: string): void {
    if (!this.interactive || this.quiet || (line === '' && !this.#hasDrawnLine)) return;
    this.stderr.write(CLEAR_LINE + escapeOutput(line, this.style));
    this.#hasDrawnLine = line !== '';
  }
}

/** Waits until all output has left the process. A pipe accepts it in pieces. */
export const waitUntilDrained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise(resolve => (stream.writable ? stream.write('', () => resolve()) : resolve()));
