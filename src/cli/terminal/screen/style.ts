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

// Whether the stream shows colors was decided by then; newer Nodes would decide again.
const paint =
  (format: Format) =>
  (text: string): string =>
    styleText(format, text, {validateStream: false});
const unstyled = (text: string): string => text;

export const COLORED: Style = {
  bold: paint('bold'),
  dim: paint('dim'),
  good: paint('green'),
  warn: paint('yellow'),
  bad: paint('red'),
};
export const UNSTYLED: Style = {
  bold: unstyled,
  dim: unstyled,
  good: unstyled,
  warn: unstyled,
  bad: unstyled,
};

/**
 * Whether a stream is painted: FORCE_COLOR says yes (`0` and `false`: no), then NO_COLOR says no (https://no-color.org), else a terminal is.
 */
export function supportsColor(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const {FORCE_COLOR: forceColor, NO_COLOR: noColor, TERM} = environment;
  if (forceColor !== undefined) return forceColor !== '0' && forceColor !== 'false';
  if (noColor !== undefined && noColor !== '') return false;
  return isTerminal && TERM !== 'dumb';
}
