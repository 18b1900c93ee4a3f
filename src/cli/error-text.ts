import {printable} from '../core/printable.js';
import {labelled} from './layout.js';
import type {Terminal} from './terminal.js';

/** How errors are shown. */
export interface ErrorView {
  readonly terminal: Pick<Terminal, 'style' | 'columns'>;
  /** What was typed: a message may repeat it. */
  readonly words?: readonly string[];
  readonly verbose?: boolean;
}

/** Text in the fields of an error, lists and records included. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 3) return [];
  return Object.entries(value).flatMap(([key, field]) => (key === 'message' || key === 'stack' ? [] : textsIn(field, depth + 1)));
}

/** Lines of a message are ours; a line break in a name that it repeats is not. */
function messageLines(message: string, names: readonly string[]): string[] {
  const broken = [...new Set(names)].filter(name => name !== printable(name)).sort((a, b) => b.length - a.length);
  const named = broken.reduce((text, name) => text.replaceAll(name, printable(name)), message);
  return named.split('\n').map(printable);
}

/** Paths, names of tensors: from the eighth on they are counted. */
const LONG_LIST = /((?:[^\s,]+[./][^\s,]*, ){3})((?:[^\s,]+[./][^\s,]*, ){4,})[^\s,]+[./][^\s,]*/g;

/** `a/1, a/2, a/3 and 47 more (--verbose lists them)` */
const shortLists = (line: string): string =>
  line.replace(LONG_LIST, (all: string, first: string, rest: string) => {
    const more = rest.split(', ').length;
    return `${first.slice(0, -2)} and ${more} more (--verbose lists them)${/[.;:]$/.exec(all)?.[0] ?? ''}`;
  });

/**
 * `error` and its sentences, on a terminal in the columns of a run's lines.
 * @param message may have several lines
 */
export function errorText(message: string, error: unknown, {terminal: {style, columns}, words = [], verbose = false}: ErrorView): string {
  const typed = words.flatMap(word => [word, ...word.split(',').flatMap(part => [part, part.trim()])]);
  const lines = messageLines(message, [...textsIn(error), ...typed]);
  const text = (verbose ? lines : lines.map(shortLists)).join('\n');
  return Number.isFinite(columns) ? labelled(style.bad, 'error', text, columns) : `${style.bad('error')} ${text}`;
}
