import {formatCount, formatInteger} from '../../../core/text/format-count.js';
import {printable} from '../../../core/text/printable.js';
import type {ImageFolder, Sample} from '../../../datasets/sample.js';
import {displayWidth, formatBar, formatFittedTable} from '../screen/layout.js';
import type {Style} from '../screen/style.js';

/** Maximum number of classes that are listed one by one. */
export const MAX_LISTED_CLASSES = 12;

const [MIN_BAR_WIDTH, MAX_BAR_WIDTH] = [6, 24];

/** Images of a class in each split, in the order of the splits. */
export interface ClassCounts {
  readonly name: string;
  readonly counts: readonly number[];
}

/** Images per class and split. */
export interface ClassTable {
  readonly splits: readonly string[];
  readonly classes: readonly ClassCounts[];
}

const countPerClass = (classNames: readonly string[], samples: readonly Sample[]): number[] => {
  const sizes = classNames.map(() => 0);
  for (const {label} of samples) sizes[label]!++;
  return sizes;
};

/** Number of images per class in every split that the folder defines. */
export function countFolder({classNames, samples, validation, test}: ImageFolder): ClassTable {
  const isWhole = validation === undefined && test === undefined;
  const splits = [
    [isWhole ? 'images' : 'train', samples] as const,
    ...(validation === undefined ? [] : [['validation', validation] as const]),
    ...(test === undefined ? [] : [['test', test] as const]),
  ].map(([split, images]) => [split, countPerClass(classNames, images)] as const);
  return {
    splits: splits.map(([split]) => split),
    classes: classNames.map((name, label) => ({
      name,
      counts: splits.map(([, sizes]) => sizes[label]!),
    })),
  };
}

/** `{cats: {train: 40, validation: 10}}` */
export const toCountRecord = ({
  splits,
  classes,
}: ClassTable): Record<string, Record<string, number>> =>
  Object.fromEntries(
    classes.map(({name, counts}) => [
      name,
      Object.fromEntries(splits.map((split, i) => [split, counts[i]!])),
    ]),
  );

/** Appends a bar to each line, if there is space: the images of a class in the first split, relative to the largest class. */
function appendBars(
  lines: readonly string[],
  classes: readonly ClassCounts[],
  {dim}: Style,
  columns: number,
): string[] {
  const width = Math.min(MAX_BAR_WIDTH, columns - displayWidth(lines[0] ?? '') - 2);
  const largest = Math.max(...classes.map(({counts}) => counts[0]!));
  // A file has no columns.
  if (!Number.isFinite(columns) || width < MIN_BAR_WIDTH || largest === 0) return [...lines];
  return lines.map((line, i) => {
    const bar = formatBar(classes[i]!.counts[0]! / largest, width).replace(/░+$/, '');
    return bar === '' ? line : `${line}  ${dim(bar)}`;
  });
}

/** `10 images in every class`, or the smallest and the largest class. */
function formatRange(classes: readonly ClassCounts[]): string {
  const sizes = classes.map(({name, counts}) => ({
    name,
    size: counts.reduce((sum, count) => sum + count, 0),
  }));
  sizes.sort((a, b) => a.size - b.size);
  const [smallest, largest] = [sizes[0]!, sizes.at(-1)!];
  return smallest.size === largest.size
    ? `${formatCount(smallest.size, 'image')} in every class`
    : `from ${formatCount(smallest.size, 'image')} (${printable(smallest.name)}) to ${formatInteger(largest.size)} (${printable(largest.name)})`;
}

interface ClassTableOptions {
  readonly style: Style;
  /** Width of the table. `Infinity` for files, which get no bars. */
  readonly columns: number;
  /** Classes to list. If there are more, a last line has their number and says where they are listed. */
  readonly limit?: number;
  readonly elsewhere: string;
}

/** Formats the images of each class as a table: a heading, and a line per class with a bar. */
export function formatClassCounts(
  {splits, classes}: ClassTable,
  {style, columns, limit = MAX_LISTED_CLASSES, elsewhere}: ClassTableOptions,
): string[] {
  const shown = classes.slice(0, limit);
  const hidden = classes.length - shown.length;
  const [heading, ...lines] = formatFittedTable(
    [
      ['class', ...splits],
      ...shown.map(({name, counts}) => [name, ...counts.map(count => formatInteger(count))]),
    ],
    columns,
  );
  return [
    style.dim(heading!),
    ...appendBars(lines, shown, style, columns),
    ...(hidden === 0
      ? []
      : [
          style.dim(`… ${formatInteger(hidden)} more (${elsewhere})`),
          style.dim(formatRange(classes)),
        ]),
  ];
}
