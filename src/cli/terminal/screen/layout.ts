import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import {printable} from '../../../core/text/printable.js';

/** Columns that text takes on a terminal: wide characters take two, colors none. */
export const displayWidth = (text: string): number => stringWidth(text);

const spaces = (count: number): string => ' '.repeat(Math.max(0, count));

/** Fills up to a width; text that is wider stays as it is. */
export const padEnd = (text: string, width: number): string =>
  text + spaces(width - displayWidth(text));
export const padStart = (text: string, width: number): string =>
  spaces(width - displayWidth(text)) + text;

/** Columns as wide as their widest cell, two spaces apart; numbers (`right`) end in line. */
export function formatTable(
  cells: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string[] {
  const rows = cells.map(row => row.map(printable));
  const widths =
    rows[0]?.map((_, column) =>
      rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column]!)), 0),
    ) ?? [];
  const formatCell = (text: string, column: number): string =>
    (rightAligned.includes(column) ? padStart : padEnd)(text, widths[column]!);
  return rows.map(row => row.map(formatCell).join('  ').trimEnd());
}

/** A path that is wider than the room goes on in the next line behind one of its slashes. */
function wrapPath(word: string, width: number): string {
  if (displayWidth(word) <= width) return word;
  const lines = [''];
  for (const piece of word.split(/(?<=\/)/)) {
    if (lines.at(-1) !== '' && displayWidth(lines.at(-1)! + piece) > width) lines.push(piece);
    else lines[lines.length - 1] += piece;
  }
  return lines.join('\n');
}

/** No line begins with the `%` of a number, or with what the dash before it belongs to. */
const joinPercentSigns = (text: string): string => text.replaceAll(' %', '\u00a0%');

function wrapLine(line: string, width: number): string[] {
  const [, blank = '', text = ''] = /^( *)(.*)$/su.exec(line)!;
  const innerWidth = Math.max(10, width - blank.length);
  const joined = joinPercentSigns(text)
    .split(' ')
    .map(word => wrapPath(word, innerWidth))
    .join(' ');
  const lines = wrapAnsi(joined, innerWidth, {hard: true}).split('\n');
  return lines.map(wrapped => blank + wrapped.replaceAll('\u00a0%', ' %'));
}

/** Breaks text between words, and at its own line breaks; every line after the first starts with the indentation. */
export function wrapText(text: string, columns: number, indentation: string): string {
  const width = columns - indentation.length;
  const lines = text
    .split('\n')
    .flatMap(line => (Number.isFinite(width) ? wrapLine(line, width) : [line]));
  return lines.join(`\n${indentation}`);
}

/** Width of the labels before the lines of a run. */
export const LABEL_WIDTH = 11;

export const LABEL_INDENT = ' '.repeat(LABEL_WIDTH);

/** `dataset    pets: 370 images`: a painted label, then text that is broken below itself. */
export const formatLabeled = (
  paint: (text: string) => string,
  label: string,
  text: string,
  columns: number,
): string => paint(label.padEnd(LABEL_WIDTH)) + wrapText(text, columns, LABEL_INDENT);

/** The first characters, or the last, that fit into a width. */
function takeWidth(characters: readonly string[], width: number): string {
  let partial = '';
  for (const character of characters) {
    if (displayWidth(partial + character) > width) break;
    partial += character;
  }
  return partial;
}

/** A path or name of at most a width, its middle cut: `/home/ann/…/Birman_121.jpg`. */
export function truncateMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = [...text];
  const end = Math.max(1, Math.ceil((width - 1) * 0.6));
  const tail = [...takeWidth([...characters].reverse(), end)].reverse().join('');
  return `${takeWidth(characters, Math.max(0, width - 1 - displayWidth(tail)))}…${tail}`;
}

/** A share of 1 as a bar of eighths of a block. */
export function formatBar(fraction: number, width: number): string {
  const eighths = Math.round(fraction * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const partial = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]!;
  return (full + partial).padEnd(width, '░');
}
