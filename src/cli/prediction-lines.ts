import {count} from '../core/count.js';
import {isAbsolute, relative, sep} from 'node:path';
import {printable} from '../core/printable.js';
import type {Prediction} from '../export/bundle.js';
import {plural} from '../report/format.js';
import {bar, cutMiddle, padEnd, padStart, widthOf} from './layout.js';
import type {Style} from './style.js';
import {table} from './table.js';
import {listed, percent} from './words.js';

/** What an image was found to be, likeliest first. */
export interface Classified {
  readonly image: string;
  readonly predictions: readonly Prediction[];
}

const BAR = 10;
const LONGEST_CLASS = 24;
const SHORTEST_NAME = 16;

/** Folders that all paths lie in, with the last slash. */
function commonFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths.map(path => path.slice(0, path.lastIndexOf(sep) + 1));
  const shared = first.split(sep).slice(0, -1);
  while (shared.length > 0 && !others.every(folder => folder.startsWith(`${shared.join(sep)}${sep}`))) shared.pop();
  return shared.length === 0 ? '' : `${shared.join(sep)}${sep}`;
}

/** A path as short as it can be typed here. */
function fromHere(path: string): string {
  const short = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return short.startsWith('..') ? path : short;
}

const guess = ({className, probability}: Prediction): string => `${printable(className)} ${percent(probability)}`;

/** For programs: a line an image, every guess in columns. */
function plainLines(classified: readonly Classified[], top: number): string[] {
  const rows = classified.map(({image, predictions}) => [
    image,
    ...predictions.slice(0, top).flatMap(({className, probability}) => [className, percent(probability)]),
  ]);
  return table(
    rows,
    Array.from({length: top}, (_, i) => 2 * i + 2),
  );
}

/**
 * A line an image: its name, the best guess with a bar, then the others, as many as there is room for.
 * @param columns infinite: for programs
 * @param top guesses that were asked for; a person sees two at least
 */
export function predictionLines(classified: readonly Classified[], style: Style, columns: number, top: number): string[] {
  if (!Number.isFinite(columns)) return plainLines(classified, top);
  const paths = classified.map(({image}) => fromHere(image));
  const folder = paths.length > 1 ? commonFolder(paths) : '';
  const names = paths.map(path => printable(path.slice(folder.length)));
  const best = classified.map(({predictions: [first]}) => cutMiddle(printable(first!.className), LONGEST_CLASS));
  const classWidth = Math.max(0, ...best.map(widthOf));
  const fixed = 2 + classWidth + 2 + BAR + 2 + '100.0 %'.length;
  const nameWidth = Math.min(Math.max(0, ...names.map(widthOf)), Math.max(SHORTEST_NAME, columns - fixed - 1));
  const lines = classified.map(({predictions: [first, ...others]}, i) => {
    const name = padEnd(cutMiddle(names[i]!, nameWidth), nameWidth);
    const share = padStart(percent(first!.probability), 7);
    const line = `${name}  ${style.bold(padEnd(best[i]!, classWidth))}  ${style.good(bar(first!.probability, BAR))}  ${share}`;
    const second = others
      .slice(0, Math.max(1, top - 1))
      .map(guess)
      .join(', ');
    return nameWidth + fixed + 2 + widthOf(second) <= columns && second !== '' ? `${line}  ${style.dim(second)}` : line;
  });
  return folder === '' ? lines : [style.dim(cutMiddle(printable(folder), columns)), ...lines];
}

/** `70 images: 66 ants, 4 bees` */
export function predictionSummary(classified: readonly Classified[]): string {
  const counts = new Map<string, number>();
  for (const {predictions} of classified) counts.set(predictions[0]!.className, (counts.get(predictions[0]!.className) ?? 0) + 1);
  const largestFirst = [...counts].sort(([, a], [, b]) => b - a).map(([name, times]) => `${count(times)} ${printable(name)}`);
  const told = largestFirst.length > 8 ? listed(largestFirst, 8) : largestFirst.join(', ');
  return `${plural(classified.length, 'image')}: ${told}`;
}
