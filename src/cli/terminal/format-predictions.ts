import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {isAbsolute, relative, sep} from 'node:path';
import {printable} from '../../core/text/printable.js';
import type {Prediction} from '../../export/recognition.js';
import {
  formatTable,
  formatBar,
  truncateMiddle,
  padEnd,
  padStart,
  displayWidth,
} from './screen/layout.js';
import type {Style} from './screen/style.js';
import {formatFixedPercent} from '../../core/text/format-percent.js';
import {formatList} from './format.js';

/** Stands for the class of an image that is likely of none. */
const UNKNOWN = 'unknown';

/** Predicted classes of an image, most likely first. */
export interface ClassifiedImage {
  readonly image: string;
  readonly predictions: readonly Prediction[];
  /** Whether the image is likely of none of the classes; null if the model cannot tell. */
  readonly isUnknown: boolean | null;
  /** Path of the image with its activation map, if one was written. */
  readonly explanation?: string;
}

const BAR_WIDTH = 10;
const MAX_CLASS_WIDTH = 24;
const MIN_NAME_WIDTH = 16;

/** Longest folder that all paths share, with a trailing slash. */
function commonFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths.map(path => path.slice(0, path.lastIndexOf(sep) + 1));
  const shared = first.split(sep).slice(0, -1);
  while (
    shared.length > 0 &&
    !others.every(folder => folder.startsWith(`${shared.join(sep)}${sep}`))
  )
    shared.pop();
  return shared.length === 0 ? '' : `${shared.join(sep)}${sep}`;
}

/** Path relative to the working directory, if that is inside it. */
function toRelativePath(path: string): string {
  const short = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return short.startsWith('..') ? path : short;
}

const formatPrediction = ({className, probability}: Prediction): string =>
  `${printable(className)} ${formatFixedPercent(probability)}`;

/** Output for programs: one line per image, with every prediction in columns, and a last column for unknown images. */
function formatPlainLines(classified: readonly ClassifiedImage[], top: number): string[] {
  const rows = classified.map(({image, predictions, isUnknown}) => [
    image,
    ...predictions
      .slice(0, top)
      .flatMap(({className, probability}) => [className, formatFixedPercent(probability)]),
    ...(isUnknown === true ? [UNKNOWN] : []),
  ]);
  return formatTable(
    rows,
    Array.from({length: top}, (_, i) => 2 * i + 2),
  );
}

const fits = (used: number, text: string, columns: number): boolean =>
  used + displayWidth(text) <= columns;

/**
 * Formats one line per image: its name, the best prediction with a bar, then further predictions as far as the width allows. An
 * unknown image has its best guesses instead of a bar.
 * @param columns width of the terminal; `Infinity` for programs
 * @param top requested number of predictions; a terminal shows at least two
 */
export function formatPredictions(
  classified: readonly ClassifiedImage[],
  style: Style,
  columns: number,
  top: number,
): string[] {
  if (!Number.isFinite(columns)) return formatPlainLines(classified, top);
  const paths = classified.map(({image}) => toRelativePath(image));
  const folder = paths.length > 1 ? commonFolder(paths) : '';
  const names = paths.map(path => printable(path.slice(folder.length)));
  const best = classified.map(({predictions: [first], isUnknown}) =>
    isUnknown === true ? UNKNOWN : truncateMiddle(printable(first!.className), MAX_CLASS_WIDTH),
  );
  const classWidth = Math.max(0, ...best.map(displayWidth));
  const fixedWidth = 2 + classWidth + 2 + BAR_WIDTH + 2 + '100.0 %'.length;
  const nameWidth = Math.min(
    Math.max(0, ...names.map(displayWidth)),
    Math.max(MIN_NAME_WIDTH, columns - fixedWidth - 1),
  );
  const lines = classified.map(({predictions, isUnknown}, i) => {
    const name = padEnd(truncateMiddle(names[i]!, nameWidth), nameWidth);
    const label = style.bold(padEnd(best[i]!, classWidth));
    // The best guess of an unknown image stands where the others do.
    const others = predictions.slice(isUnknown === true ? 0 : 1, Math.max(2, top));
    const rest = others.map(formatPrediction).join(', ');
    if (isUnknown === true)
      return fits(nameWidth + 4 + classWidth, rest, columns)
        ? `${name}  ${label}  ${style.dim(rest)}`
        : `${name}  ${label}`;
    const {probability} = predictions[0]!;
    const bar = style.good(formatBar(probability, BAR_WIDTH));
    const line = `${name}  ${label}  ${bar}  ${padStart(formatFixedPercent(probability), 7)}`;
    return rest !== '' && fits(nameWidth + fixedWidth + 2, rest, columns)
      ? `${line}  ${style.dim(rest)}`
      : line;
  });
  return folder === '' ? lines : [style.dim(truncateMiddle(printable(folder), columns)), ...lines];
}

/** `70 images: 66 ants, 4 bees` */
export function formatPredictionSummary(classified: readonly ClassifiedImage[]): string {
  const counts = new Map<string, number>();
  for (const {predictions, isUnknown} of classified) {
    const name = isUnknown === true ? UNKNOWN : predictions[0]!.className;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const largestFirst = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${formatInteger(times)} ${printable(name)}`);
  const summary = largestFirst.length > 8 ? formatList(largestFirst, 8) : largestFirst.join(', ');
  return `${formatCount(classified.length, 'image')}: ${summary}`;
}
