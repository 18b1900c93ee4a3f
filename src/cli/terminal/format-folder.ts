import {printable} from '../../core/text/printable.js';
import type {ImageFolder, Sample} from '../../datasets/sample.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {formatTable, truncateMiddle} from './screen/layout.js';

/** Minimum width of a class name, in columns. */
const MIN_NAME_WIDTH = 20;

/** Maximum number of classes that are listed one by one. */
const MAX_LISTED_CLASSES = 12;

const countPerClass = (classNames: readonly string[], samples: readonly Sample[]): number[] => {
  const sizes = classNames.map(() => 0);
  for (const {label} of samples) sizes[label]!++;
  return sizes;
};

/** Number of images per class in every split that the folder defines. */
export function countImagesPerClass({
  classNames,
  samples,
  validation,
  test,
}: ImageFolder): Record<string, Record<string, number>> {
  const splits = {
    [validation === undefined && test === undefined ? 'images' : 'train']: samples,
    ...(validation && {validation}),
    ...(test && {test}),
  };
  const sizes = Object.entries(splits).map(
    ([split, counts]) => [split, countPerClass(classNames, counts)] as const,
  );
  return Object.fromEntries(
    classNames.map((name, label) => [
      name,
      Object.fromEntries(sizes.map(([split, counts]) => [split, counts[label]!])),
    ]),
  );
}

/** Summarizes a folder: one line per class, or the range of class sizes if there are many classes. */
export function formatFolder(folder: ImageFolder, columns = Infinity): string[] {
  const formatName = (name: string): string =>
    truncateMiddle(printable(name), Math.max(MIN_NAME_WIDTH, columns / 2));
  const sizes = Object.entries(countImagesPerClass(folder));
  if (sizes.length <= MAX_LISTED_CLASSES) {
    const splits = Object.keys(sizes[0]?.[1] ?? {});
    const rows = sizes.map(([name, counts]) => [
      `  ${formatName(name)}`,
      ...splits.map(split => formatInteger(counts[split]!)),
    ]);
    return formatTable(
      [['  class', ...splits], ...rows],
      splits.map((_, index) => index + 1),
    );
  }
  const bySize = sizes.map(([name, counts]) => ({
    name,
    size: Object.values(counts).reduce((sum, split) => sum + split, 0),
  }));
  bySize.sort((a, b) => a.size - b.size);
  const [smallest, largest] = [bySize[0]!, bySize.at(-1)!];
  const range = `from ${formatCount(smallest.size, 'image')} (${formatName(smallest.name)}) to ${formatInteger(largest.size)} (${formatName(largest.name)})`;
  return [
    smallest.size === largest.size
      ? `  ${formatCount(smallest.size, 'image')} in every class`
      : `  ${range}`,
  ];
}
