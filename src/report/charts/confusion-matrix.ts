import type {Metrics} from '../../training/metrics/metrics.js';
import {formatCount} from '../../core/text/format-count.js';
import {coordinate, formatPercent, truncate} from '../format.js';
import {html, type Html} from '../html.js';

/** Images of one true class with the same prediction. */
export interface Cell {
  readonly truth: number;
  readonly prediction: number;
  readonly count: number;
  /** Fraction of the images of the true class. */
  readonly fraction: number;
}

/** The non-empty cells. */
export function cellsOf(counts: Metrics['confusionMatrix']): Cell[] {
  return counts.flatMap((row, truth) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, prediction) =>
      count === 0 ? [] : [{truth, prediction, count, fraction: count / support}],
    );
  });
}

/** Most classes whose names and numbers fit. */
export const MAX_NAMED_CLASSES = 40;

/** Layout of the matrix. Lengths are in pixels at full size; a narrower screen shrinks or scrolls the image. */
interface Layout {
  readonly cell: number;
  readonly side: number;
  /** Whether names are shown next to rows and below columns. With more than `MAX_NAMED_CLASSES` they do not fit. */
  readonly hasNames: boolean;
  /** Whether column names are rotated, because they are wider than a column. */
  readonly isRotated: boolean;
  readonly left: number;
  readonly foot: number;
}

/** Side of the smallest cell with a number in it. */
const MIN_NUMBERED_CELL = 20;
const NAME_LENGTH = 22;
/** Width of a character in the 12 pixel font, slightly overestimated. */
const CHARACTER_WIDTH = 6.6;
const ROTATION_DEGREES = 60;
/** Space above the cells for the name of the axis. */
const HEAD = 24;

function layoutOf(classes: readonly string[]): Layout {
  const {length} = classes;
  const cell =
    length <= 3
      ? 96
      : length <= 6
        ? 76
        : length <= 12
          ? 44
          : length <= MAX_NAMED_CLASSES
            ? MIN_NUMBERED_CELL
            : Math.max(3, 640 / length);
  const widest =
    CHARACTER_WIDTH * Math.min(NAME_LENGTH, Math.max(...classes.map(name => [...name].length)));
  const hasNames = length <= MAX_NAMED_CLASSES;
  const isRotated = widest > cell;
  const foot =
    hasNames && isRotated ? widest * Math.sin((Math.PI * ROTATION_DEGREES) / 180) + 20 : 26;
  return {cell, side: cell * length, hasNames, isRotated, left: hasNames ? widest + 34 : 24, foot};
}

/** The address on the page of the images of a cell; undefined if the page shows none. */
export type CellLink = (truth: string, prediction: string) => string | undefined;

/** The count and the percentage of a cell; a switch on the page shows one of them. */
function cellNumbers({count, fraction}: Cell, at: Html): Html {
  const weight = fraction > 0.3 ? 'strong' : 'weak';
  return html`<text class="${weight} count" ${at}>${count}</text
    ><text class="${weight} percent" ${at}>${Math.round(100 * fraction)}</text>`;
}

function renderCell(
  shown: Cell,
  {cell}: Layout,
  classes: readonly string[],
  linkOf: CellLink,
): Html {
  const {truth, prediction, count, fraction} = shown;
  const [x, y] = [prediction * cell, truth * cell];
  const extent = coordinate(cell < 10 ? cell : cell - 1);
  // Opacity is the square root of the fraction: one error in twenty must be visible, especially if cells are a few pixels wide.
  const faintest = cell < 10 ? 0.4 : 0.1;
  const opacity = coordinate(faintest + (1 - faintest) * Math.sqrt(fraction));
  const at = html`x="${coordinate(x + cell / 2)}" y="${coordinate(y + cell / 2)}"`;
  const title =
    `${classes[truth]!} taken for ${classes[prediction]!}: ` +
    `${count} (${formatPercent(fraction)} of its images)`;
  const content = html`<title>${title}</title>
    <rect
      x="${coordinate(x)}"
      y="${coordinate(y)}"
      width="${extent}"
      height="${extent}"
      fill-opacity="${opacity}"
    />
    ${cell >= MIN_NUMBERED_CELL && cellNumbers(shown, at)}`;
  const link = linkOf(classes[truth]!, classes[prediction]!);
  return html`<g class="${truth === prediction ? 'right' : 'wrong'}">
    ${link === undefined ? content : html`<a href="#${link}">${content}</a>`}
  </g>`;
}

function nameOfClass(
  name: string,
  index: number,
  {cell, side, isRotated}: Layout,
): Readonly<Record<'row' | 'column', Html>> {
  const center = coordinate((index + 0.5) * cell);
  const below = isRotated
    ? `translate(${center} ${side + 8}) rotate(${-ROTATION_DEGREES})`
    : `translate(${center} ${side + 16})`;
  const text = html`${truncate(name, NAME_LENGTH)}<title>${name}</title>`;
  return {
    row: html`<text x="-8" y="${center}" dy="0.35em" text-anchor="end">${text}</text>`,
    column: html`<text transform="${below}" text-anchor="${isRotated ? 'end' : 'middle'}"
      >${text}</text
    >`,
  };
}

const axisNames = ({side, left}: Layout): Html => html`
  <text class="axis" x="${coordinate(side / 2)}" y="-8" text-anchor="middle">predicted class</text>
  <text
    class="axis"
    transform="translate(${coordinate(12 - left)} ${coordinate(side / 2)}) rotate(-90)"
    text-anchor="middle"
    >true class</text
  >
`;

/** Renders the class names. The script keeps row names visible while the matrix scrolls. */
function classNames(classes: readonly string[], layout: Layout): Html {
  const names = classes.map((name, i) => nameOfClass(name, i, layout));
  const [x, width, height] = [18 - layout.left, layout.left - 20, layout.side].map(coordinate);
  return html`
    ${names.map(({column}) => column)}
    <g class="row-names"
      ><rect x="${x!}" width="${width!}" height="${height!}" />${names.map(({row}) => row)}</g
    >
  `;
}

/** Renders an empty square for every cell, so that the eye finds its row and column. */
const ground = ({cell, side, hasNames}: Layout): Html => html`
  <pattern id="cells" width="${cell}" height="${cell}" patternUnits="userSpaceOnUse">
    <rect
      class="ground"
      width="${hasNames ? cell - 1 : cell}"
      height="${hasNames ? cell - 1 : cell}"
    />
  </pattern>
  <rect width="${coordinate(side)}" height="${coordinate(side)}" fill="url(#cells)" />
`;

/**
 * Renders the confusion matrix. Rows are true classes, columns are predictions, the color is the fraction of the row. Names and counts are
 * shown if there is space.
 */
export function renderConfusionMatrix(
  counts: Metrics['confusionMatrix'],
  classes: readonly string[],
  linkOf: CellLink = () => undefined,
): Html {
  const layout = layoutOf(classes);
  const {side, hasNames, left, foot} = layout;
  const [width, height] = [left + side + 8, side + foot + HEAD].map(coordinate);
  return html`
    <svg
      class="${hasNames ? 'matrix named' : 'matrix'}"
      viewBox="${coordinate(-left)} ${-HEAD} ${width!} ${height!}"
      width="${width!}"
      style="min-width:${hasNames ? Math.round(0.72 * (left + side)) : 0}px"
      role="img"
      aria-label="Confusion matrix of ${formatCount(classes.length, 'class', 'classes')}"
    >
      ${ground(layout)} ${cellsOf(counts).map(cell => renderCell(cell, layout, classes, linkOf))}
      ${axisNames(layout)} ${hasNames && classNames(classes, layout)}
    </svg>
  `;
}
