import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

// Size of a character cell, and the margin of the page, in pixels.
const [CELL_WIDTH, LINE_HEIGHT, MARGIN] = [8, 18, 14];
const COLUMNS = 80;
const PLAIN = '#d4d8de';

/** Fill colors by SGR code. */
const COLORS: Readonly<Record<number, string>> = {
  2: '#8b949e',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
};

interface Span {
  readonly column: number;
  readonly text: string;
  readonly fill: string;
  readonly isBold: boolean;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Splits a line at SGR sequences, and at two spaces or more, so that columns stay where they are in any font. */
function toSpans(line: string): Span[] {
  const spans: Span[] = [];
  let [column, fill, isBold] = [0, PLAIN, false];
  for (const [piece] of line.matchAll(/\x1b\[\d*m|[^\x1b]+/g)) {
    const code = /^\x1b\[(\d*)m$/.exec(piece)?.[1];
    if (code === undefined) {
      for (const {0: text, index} of piece.matchAll(/\S+(?: \S+)*/g))
        spans.push({column: column + index, text, fill, isBold});
      column += piece.length;
      continue;
    }
    isBold = code === '1' || (isBold && code !== '22' && code !== '0' && code !== '');
    if (Number(code) in COLORS) fill = COLORS[Number(code)]!;
    else if (['', '0', '22', '39'].includes(code)) fill = PLAIN;
  }
  return spans;
}

const renderSpan = ({column, text, fill, isBold}: Span, row: number): string =>
  `<text x="${MARGIN + CELL_WIDTH * column}" y="${27 + LINE_HEIGHT * row}" fill="${fill}" textLength="${CELL_WIDTH * text.length}" lengthAdjust="spacingAndGlyphs"${isBold ? ' font-weight="700"' : ''}>${escapeXml(text)}</text>`;

/** What a terminal shows in the end of a line that was drawn several times, without links and sequences that move the cursor. */
const finalText = (line: string): string =>
  line
    .replace(/\r+$/, '')
    .replace(/\x1b\]8;;.*?\x1b\\/g, '')
    .replace(/\x1b\[1?G/g, '\r')
    .split('\r')
    .at(-1)!
    .replace(/\x1b\[[\d;?]*[A-LN-Za-ln-z]/g, '');

/** Renders what a command printed as SVG. @param output lines with SGR sequences, as `script` records them */
export function renderTerminal(command: string, output: string): string {
  const prompt: Span = {column: 0, text: `$ ${command}`, fill: '#ffffff', isBold: true};
  const shown = output.split('\n').map(finalText).join('\n').trimEnd().split('\n');
  const lines = [[prompt], ...shown.map(toSpans)];
  const [width, height] = [2 * MARGIN + CELL_WIDTH * COLUMNS, 27 + LINE_HEIGHT * lines.length];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Terminal: ${escapeXml(command)}">`,
    '<rect width="100%" height="100%" rx="8" fill="#14171c"/>',
    '<g font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="13" xml:space="preserve">',
    ...lines.flatMap((spans, row) => spans.map(span => renderSpan(span, row))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

// script -qc 'stty cols 80; npx finetune demo' /dev/null | node dist/scripts/terminal-image.js 'npx finetune demo'
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL('../../docs/images/terminal.svg', import.meta.url));
  writeFileSync(path, renderTerminal(process.argv[2] ?? '', readFileSync(0, 'utf8')));
}
