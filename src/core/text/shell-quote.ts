import {printable} from './printable.js';

/** A word of a command line as a POSIX shell takes it; what a terminal would act on as bash and zsh do. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (printable(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${printable(word.replace(/[\\']/g, '\\$&'))}'`;
}
