import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import {printable} from '../../../core/text/printable.js';

/** Width of a text on a terminal, in columns: wide characters take two, color codes none. */
export const displayWidth = (text: string): number => stringWidth(text);

const spaces = (count: number): string => ' '.repeat(Math.max(0, count));

/** Pads a text with spaces. Wider text stays unchanged. */
export const padEnd = (text: string, width: number): string =>
  text + spaces(width - displayWidth(text));
export const padStart = (text: string, width: number): string =>
  spaces(width - displayWidth(text)) + text;

/** Width of the widest cell of a column. */
const columnWidth = (rows: readonly (readonly string[])[], column: number): number =>
  rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column]!)), 0);

/** Formats columns as wide as their widest cell, two spaces apart. Columns in `rightAligned` are aligned to the right. */
export function formatTable(
  cells: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
): string[] {
  const rows = cells.map(row => row.map(printable));
  const widths = rows[0]?.map((_, column) => columnWidth(rows, column)) ?? [];
  const formatCell = (text: string, column: number): string =>
    (rightAligned.includes(column) ? padStart : padEnd)(text, widths[column]!);
  return rows.map(row => row.map(formatCell).join('  ').trimEnd());
}

/** Minimum width of the names in a fitted table. */
const MIN_NAME_WIDTH = 12;

/**
 * Formats a heading and rows of a name and numbers for a width. The middle of long names is cut. If that does not suffice, the last columns
 * are left out.
 * @param width `Infinity` for files
 */
export function formatFittedTable(rows: readonly (readonly string[])[], width: number): string[] {
  const numbers = rows[0]!.slice(1).map((_, i) => 2 + columnWidth(rows, i + 1));
  const sum = (widths: readonly number[]): number =>
    widths.reduce((total, each) => total + each, 0);
  while (numbers.length > 1 && MIN_NAME_WIDTH + sum(numbers) > width) numbers.pop();
  const nameWidth = Math.max(MIN_NAME_WIDTH, width - sum(numbers));
  const fitted = rows.map(([name, ...cells]) => [
    truncateMiddle(printable(name!), nameWidth),
    ...cells.slice(0, numbers.length),
  ]);
  return formatTable(
    fitted,
    numbers.map((_, i) => i + 1),
  );
}

/** Breaks a path that is too wide after one of its slashes. */
function wrapPath(word: string, width: number): string {
  if (displayWidth(word) <= width) return word;
  const lines = [''];
  for (const piece of word.split(/(?<=\/)/)) {
    if (lines.at(-1) !== '' && displayWidth(lines.at(-1)! + piece) > width) lines.push(piece);
    else lines[lines.length - 1] += piece;
  }
  return lines.join('\n');
}

/** Joins numbers and their units, so that no line begins with a percent sign or `s`. */
const joinUnits = (text: string): string =>
  text.replace(/(?<=\d) (?=%|(?:ms|s|min|h)\b)/g, '\u00a0');

const splitUnits = (text: string): string =>
  text.replace(/(?<=\d)\u00a0(?=%|(?:ms|s|min|h)\b)/g, ' ');

function wrapLine(line: string, width: number): string[] {
  const [, blank = '', text = ''] = /^( *)(.*)$/su.exec(line)!;
  const innerWidth = Math.max(10, width - blank.length);
  const joined = joinUnits(text)
    .split(' ')
    .map(word => wrapPath(word, innerWidth))
    .join(' ');
  const lines = wrapAnsi(joined, innerWidth, {hard: true}).split('\n');
  return lines.map(wrapped => blank + splitUnits(wrapped));
}

/** Wraps text between words and keeps its own line breaks. Every line after the first is indented. */
export function wrapText(text: string, columns: number, indentation: string): string {
  const width = columns - indentation.length;
  const lines = text
    .split('\n')
    .flatMap(line => (Number.isFinite(width) ? wrapLine(line, width) : [line]));
  return lines.join(`\n${indentation}`);
}

/** Width of the label column, in columns of the terminal. */
export const LABEL_WIDTH = 11;

export const LABEL_INDENT = ' '.repeat(LABEL_WIDTH);

/** `dataset    pets: 370 images`: a painted label and text, wrapped in its own column. */
export const formatLabeled = (
  paint: (text: string) => string,
  label: string,
  text: string,
  columns: number,
): string => paint(label.padEnd(LABEL_WIDTH)) + wrapText(text, columns, LABEL_INDENT);

/** Leading characters that fit into a width. */
function takeWidth(characters: readonly string[], width: number): string {
  let partial = '';
  for (const character of characters) {
    if (displayWidth(partial + character) > width) break;
    partial += character;
  }
  return partial;
}

/** Shortens a path or name to a width by cutting its middle: `/home/ann/…/Birman_121.jpg`. */
export function truncateMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = [...text];
  const end = Math.max(1, Math.ceil((width - 1) * 0.6));
  const tail = [...takeWidth([...characters].reverse(), end)].reverse().join('');
  return `${takeWidth(characters, Math.max(0, width - 1 - displayWidth(tail)))}…${tail}`;
}

/** Bar of a fraction 0..1, in eighths of a block. */
export function formatBar(fraction: number, width: number): string {
  const eighths = Math.round(fraction * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const partial = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]!;
  return (full + partial).padEnd(width, '░');
}

const SPARKS = '▁▂▃▄▅▆▇█';

/** Draws values as a line of blocks, from the lowest to the highest value. @param maxWidth more values are averaged into as many blocks */
export function formatSparkline(values: readonly number[], maxWidth = 40): string {
  const width = Math.min(maxWidth, values.length);
  const means = Array.from({length: width}, (_, i) => {
    const part = values.slice(
      Math.floor((i * values.length) / width),
      Math.floor(((i + 1) * values.length) / width),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const levels = SPARKS.length - 1;
  return means
    .map(mean => SPARKS[high === low ? levels : Math.round((levels * (mean - low)) / (high - low))])
    .join('');
}
