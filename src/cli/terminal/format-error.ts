import {printable} from '../../core/text/printable.js';
import {formatLabeled} from './screen/layout.js';
import type {Terminal} from './screen/terminal.js';

/** How errors are shown. */
export interface ErrorFormatOptions {
  readonly terminal: Pick<Terminal, 'style' | 'columns'>;
  /** What was typed: a message may repeat it. */
  readonly args?: readonly string[];
  readonly verbose?: boolean;
}

/** Text in the fields of an error, lists and records included. */
function collectTexts(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.entries(value).flatMap(([key, field]) =>
    key === 'message' || key === 'stack' ? [] : collectTexts(field, depth + 1),
  );
}

/** Lines of a message are ours; a line break in a name that it repeats is not. */
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

/** Paths, names of tensors: from the eighth on they are counted. */
const LONG_LIST = /((?:[^\s,]+[./][^\s,]*, ){3})((?:[^\s,]+[./][^\s,]*, ){4,})[^\s,]+[./][^\s,]*/g;

/** `a/1, a/2, a/3 and 47 more (--verbose lists them)` */
const shortenLists = (line: string): string =>
  line.replace(LONG_LIST, (list: string, first: string, rest: string) => {
    const more = rest.split(', ').length;
    return `${first.slice(0, -2)} and ${more} more (--verbose lists them)${/[.;:]$/.exec(list)?.[0] ?? ''}`;
  });

/**
 * `error` and its sentences, on a terminal in the columns of a run's lines.
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
