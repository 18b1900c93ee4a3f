import {hasRawBytes, escapeRawBytes} from '../files/file-names.js';

// Names of files, folders and classes are untrusted. Characters that a terminal or editor would interpret are shown as JSON escapes.

/**
 * Characters that break lines, move the cursor, or reverse or hide text: control and format characters (except those that join letters and
 * emoji), other line breaks, lone surrogates.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escapeUnit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/** A character beyond 16 bits is two escapes. A byte that is not UTF-8 (file-names.ts) is `\\xe9`. */
const escapeCharacter = (character: string): string =>
  hasRawBytes(character)
    ? escapeRawBytes(character)
    : Array.from({length: character.length}, (_, i) => escapeUnit(character.charCodeAt(i))).join(
        '',
      );

/** Text with untrusted names, as one line. Users and `JSON.parse` can read the escapes: `a\\nb`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, character => (character === '\n' ? '\\n' : escapeCharacter(character)));

/** Escapes a name for Markdown text, on one line. Markdown and HTML in it are shown literally. */
export const escapeMarkdown = (text: string): string =>
  printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<>|~&#!$]/g, '\\$&');

/** Escapes a name for a Markdown code span. */
export const escapeMarkdownCode = (text: string): string => printable(text).replaceAll('`', "'");

/** Text with untrusted names that may span several lines. */
export const printableLines = (text: string): string =>
  text.replace(UNPRINTABLE, character =>
    character === '\n' || character === '\t' ? character : escapeCharacter(character),
  );

const ANSI_CODE = /(\u001b\[\d+m|\u001b\]8;;(?:file:[\w%/.:@!$&'()*+,;=~-]*)?\u001b\\)/;

/** Multi-line text that keeps this program's own color codes and links to files, and escapes all others. The last check before output. */
export const printableStyled = (text: string): string =>
  text
    .split(ANSI_CODE)
    .map(segment => (ANSI_CODE.test(segment) ? segment : printableLines(segment)))
    .join('');

/** JSON that is safe to show in a terminal and an editor. It parses to the same document. */
export const printableJson = (document: unknown, indentation = 2): string =>
  printableLines(JSON.stringify(document, null, indentation));

/** Quotes a word for a POSIX shell. Control characters use the `$'...'` form of bash and zsh. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (printable(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${printable(word.replace(/[\\']/g, '\\$&'))}'`;
}
