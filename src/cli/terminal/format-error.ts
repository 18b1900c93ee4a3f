import {printable} from '../../core/text/printable.js';
import {formatLabeled} from './screen/layout.js';
import type {Terminal} from './screen/terminal.js';

/** Options for showing errors. */
export interface ErrorFormatOptions {
  readonly terminal: Pick<Terminal, 'style' | 'columns'>;
  /** Arguments as typed, since a message may repeat them. */
  readonly args?: readonly string[];
  readonly verbose?: boolean;
}

/** Texts in the fields of an error, including lists and records. */
function collectTexts(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.entries(value).flatMap(([key, field]) =>
    key === 'message' || key === 'stack' ? [] : collectTexts(field, depth + 1),
  );
}

/** Escapes line breaks in names that a message repeats, but keeps the line breaks of the message itself. */
function escapeMessageLines(message: string, names: readonly string[]): string[] {
  const unprintable = [...new Set(names)]
    .filter(name => name !== printable(name))
    .sort((a, b) => b.length - a.length);
  const escapedMessage = unprintable.reduce(
    (text, name) => text.replaceAll(name, printable(name)),
    message,
  );
  return escapedMessage.split('\n').map(printable);
}

/** Matches lists of eight or more paths or tensor names. */
const LONG_LIST = /((?:[^\s,]+[./][^\s,]*, ){3})((?:[^\s,]+[./][^\s,]*, ){4,})[^\s,]+[./][^\s,]*/g;

/** `a/1, a/2, a/3 and 47 more (--verbose lists them)` */
const shortenLists = (line: string): string =>
  line.replace(LONG_LIST, (list: string, first: string, rest: string) => {
    const more = rest.split(', ').length;
    return `${first.slice(0, -2)} and ${more} more (--verbose lists them)${/[.;:]$/.exec(list)?.[0] ?? ''}`;
  });

/**
 * Formats an error message, on a terminal with the same label column as the lines of a run.
 * @param message may have several lines
 */
export function formatError(
  message: string,
  error: unknown,
  {terminal: {style, columns}, args = [], verbose = false}: ErrorFormatOptions,
): string {
  const typedTexts = args.flatMap(arg => [
    arg,
    ...arg.split(',').flatMap(item => [item, item.trim()]),
  ]);
  const lines = escapeMessageLines(message, [...collectTexts(error), ...typedTexts]);
  const text = (verbose ? lines : lines.map(shortenLists)).join('\n');
  return Number.isFinite(columns)
    ? formatLabeled(style.bad, 'error', text, columns)
    : `${style.bad('error')} ${text}`;
}
