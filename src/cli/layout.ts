import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Columns that text takes on a terminal: wide characters take two, colors none. */
export const widthOf = (text: string): number => stringWidth(text);

const blanks = (count: number): string => ' '.repeat(Math.max(0, count));

/** Fills up to a width; text that is wider stays as it is. */
export const padEnd = (text: string, width: number): string => text + blanks(width - widthOf(text));
export const padStart = (text: string, width: number): string => blanks(width - widthOf(text)) + text;

/** A path that is wider than the room goes on in the next line behind one of its slashes. */
function foldPath(word: string, room: number): string {
  if (widthOf(word) <= room) return word;
  const lines = [''];
  for (const piece of word.split(/(?<=\/)/)) {
    if (lines.at(-1) !== '' && widthOf(lines.at(-1)! + piece) > room) lines.push(piece);
    else lines[lines.length - 1] += piece;
  }
  return lines.join('\n');
}

/** No line begins with the `%` of a number, or with what the dash before it belongs to. */
const glued = (text: string): string => text.replaceAll(' %', '\u00a0%');

function wrappedLine(line: string, room: number): string[] {
  const [, blank = '', text = ''] = /^( *)(.*)$/su.exec(line)!;
  const inner = Math.max(10, room - blank.length);
  const folded = glued(text)
    .split(' ')
    .map(word => foldPath(word, inner))
    .join(' ');
  const lines = wrapAnsi(folded, inner, {hard: true}).split('\n');
  return lines.map(wrapped => blank + wrapped.replaceAll('\u00a0%', ' %'));
}

/** Breaks text between words, and at its own line breaks; every line after the first starts with the indentation. */
export function wrapped(text: string, columns: number, indentation: string): string {
  const room = columns - indentation.length;
  const lines = text.split('\n').flatMap(line => (Number.isFinite(room) ? wrappedLine(line, room) : [line]));
  return lines.join(`\n${indentation}`);
}

/** Width of the labels before the lines of a run. */
export const LABEL_WIDTH = 11;

export const GUTTER = ' '.repeat(LABEL_WIDTH);

/** `dataset    pets: 370 images`: a painted label, then text that is broken below itself. */
export const labelled = (paint: (text: string) => string, label: string, text: string, columns: number): string =>
  paint(label.padEnd(LABEL_WIDTH)) + wrapped(text, columns, GUTTER);

/** The first characters, or the last, that fit into a width. */
function fittingPart(characters: readonly string[], room: number): string {
  let part = '';
  for (const character of characters) {
    if (widthOf(part + character) > room) break;
    part += character;
  }
  return part;
}

/** A path or name of at most a width, its middle cut: `/home/ann/…/Birman_121.jpg`. */
export function cutMiddle(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  const characters = [...text];
  const end = Math.max(1, Math.ceil((room - 1) * 0.6));
  const tail = [...fittingPart([...characters].reverse(), end)].reverse().join('');
  return `${fittingPart(characters, Math.max(0, room - 1 - widthOf(tail)))}…${tail}`;
}

/** A share of 1 as a bar of eighths of a block. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]!;
  return (full + part).padEnd(width, '░');
}
