import {hasRawBytes, escapeRawBytes} from '../files/file-names.js';

// Names of files, folders and classes come from outside: what of them a viewer would act on is shown as an escape of JSON.

/**
 * Breaks lines, moves the cursor, or turns or hides the text around it: control and format characters (but those that join letters and
 * emoji), other line breaks, halves of surrogate pairs.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escapeUnit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/** A character beyond 16 bits is two units; a byte of a name that is no UTF-8 (file-names.ts) is `\\xe9`. */
const escapeCharacter = (character: string): string =>
  hasRawBytes(character)
    ? escapeRawBytes(character)
    : Array.from({length: character.length}, (_, i) => escapeUnit(character.charCodeAt(i))).join(
        '',
      );

/** Text with the names of somebody's files in it as one line, as a person or `JSON.parse` may read it: `a\\nb`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, character => (character === '\n' ? '\\n' : escapeCharacter(character)));

/** A name as text in Markdown, whatever Markdown or HTML it looks like; on one line. */
export const escapeMarkdown = (text: string): string =>
  printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<>|~&#!$]/g, '\\$&');

/** A name in a code span of Markdown. */
export const escapeMarkdownCode = (text: string): string => printable(text).replaceAll('`', "'");

/** Text of several lines. */
export const printableLines = (text: string): string =>
  text.replace(UNPRINTABLE, character =>
    character === '\n' || character === '\t' ? character : escapeCharacter(character),
  );

const ANSI_COLOR = /(\u001b\[\d+m)/;

/** The last line of defence: text of several lines whose colors are ours. */
export const printableStyled = (text: string): string =>
  text
    .split(ANSI_COLOR)
    .map(segment => (ANSI_COLOR.test(segment) ? segment : printableLines(segment)))
    .join('');

/** JSON that a terminal and an editor show as it is; it parses to the same document. */
export const printableJson = (document: unknown, indentation = 2): string =>
  printableLines(JSON.stringify(document, null, indentation));

/** A word of a command line as a POSIX shell takes it; what a terminal would act on as bash and zsh do. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (printable(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${printable(word.replace(/[\\']/g, '\\$&'))}'`;
}
