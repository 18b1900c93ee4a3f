import {styleText} from 'node:util';

/** Paints text for a terminal, or leaves it as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

// Whether the stream shows colours was decided by then; newer Nodes would decide again.
const paint =
  (format: Format) =>
  (text: string): string =>
    styleText(format, text, {validateStream: false});
const plain = (text: string): string => text;

export const COLOURED: Style = {
  bold: paint('bold'),
  dim: paint('dim'),
  good: paint('green'),
  warn: paint('yellow'),
  bad: paint('red'),
};
export const PLAIN: Style = {bold: plain, dim: plain, good: plain, warn: plain, bad: plain};

/**
 * Whether a stream is painted: FORCE_COLOR says yes (`0` and `false`: no), then NO_COLOR says no (https://no-color.org), else a terminal is.
 */
export function hasColour(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const {FORCE_COLOR: forced, NO_COLOR: refused, TERM} = environment;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (refused !== undefined && refused !== '') return false;
  return isTerminal && TERM !== 'dumb';
}
