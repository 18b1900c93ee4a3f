import {pathToFileURL} from 'node:url';
import {styleText} from 'node:util';

/** Styles text for a terminal, or returns it unchanged. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  /** Makes a text a link to a file, in terminals that have links. */
  link(text: string, path: string): string;
}

type Format = Parameters<typeof styleText>[0];

// `supportsColor` has already decided whether the stream shows colors. Newer versions of Node would decide again.
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
  link: (text, path) => `\u001b]8;;${pathToFileURL(path).href}\u001b\\${text}\u001b]8;;\u001b\\`,
};
export const UNSTYLED: Style = {
  bold: unstyled,
  dim: unstyled,
  good: unstyled,
  warn: unstyled,
  bad: unstyled,
  link: unstyled,
};

/**
 * Whether to color the output of a stream. FORCE_COLOR forces colors on, or off if it is `0` or `false`. Otherwise NO_COLOR
 * (https://no-color.org) turns them off. By default terminals are colored.
 */
export function supportsColor(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const {FORCE_COLOR: forceColor, NO_COLOR: noColor, TERM} = environment;
  if (forceColor !== undefined) return forceColor !== '0' && forceColor !== 'false';
  if (noColor !== undefined && noColor !== '') return false;
  return isTerminal && TERM !== 'dumb';
}
