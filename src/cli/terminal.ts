import {printableLines, printableStyled} from '../core/printable.js';
import {COLOURED, hasColour, PLAIN, type Style} from './style.js';

/** The part of a stream that is used here. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A pseudo-terminal without a size says 0. */
const columnsOf = ({isTTY, columns}: Output): number => (isTTY === true ? columns || 80 : Infinity);

/** Whatever was forgotten elsewhere, no name from outside acts on a terminal. */
const harmless = (text: string, style: Style): string => (style === PLAIN ? printableLines : printableStyled)(text);

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
  #drawn = false;

  constructor(
    readonly stdout: Output,
    readonly stderr: Output,
    environment: NodeJS.ProcessEnv,
  ) {
    const styleOf = (stream: Output): Style => (hasColour(stream.isTTY === true, environment) ? COLOURED : PLAIN);
    this.style = styleOf(stderr);
    this.resultStyle = styleOf(stdout);
    this.interactive = stderr.isTTY === true && environment.TERM !== 'dumb' && (environment.CI ?? '') === '';
  }

  /** Of standard error; infinite where lines are for a file or a program, which wrap them as they like. */
  get columns(): number {
    return columnsOf(this.stderr);
  }

  /** Of standard output. */
  get resultColumns(): number {
    return columnsOf(this.stdout);
  }

  result(text: string): void {
    this.draw('');
    this.stdout.write(text === '' ? '' : `${harmless(text, this.resultStyle)}\n`);
  }

  /** A line that stays, unless `--quiet`. */
  log(line: string): void {
    if (!this.quiet) this.alert(line);
  }

  /** A line that stays, also with `--quiet`: what went wrong. */
  alert(line: string): void {
    this.draw('');
    this.stderr.write(`${harmless(line, this.style)}\n`);
  }

  /** The line at the bottom of an interactive terminal, in place of the one before; empty: none. */
  draw(line: string): void {
    if (!this.interactive || this.quiet || (line === '' && !this.#drawn)) return;
    this.stderr.write(CLEAR_LINE + harmless(line, this.style));
    this.#drawn = line !== '';
  }
}

/** Waits until what was written has left the process; a pipe takes it in parts. */
export const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise(resolve => (stream.writable ? stream.write('', () => resolve()) : resolve()));
