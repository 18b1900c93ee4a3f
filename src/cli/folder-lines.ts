import {printable} from '../core/printable.js';
import type {ImageFolder, Sample} from '../datasets/image-folder.js';
import {count, plural} from '../report/format.js';
import {cutMiddle} from './layout.js';
import {table} from './table.js';

/** Columns that a name of a class may take in any case. */
const LEAST_NAME = 20;

/** Classes that are listed one by one. */
const LISTED = 12;

const sizesOf = (classNames: readonly string[], samples: readonly Sample[]): number[] => {
  const sizes = classNames.map(() => 0);
  for (const {label} of samples) sizes[label]!++;
  return sizes;
};

/** Images of every class in every part that the folder brings along. */
export function classSizes({classNames, samples, validation, test}: ImageFolder): Record<string, Record<string, number>> {
  const parts = {
    [validation === undefined && test === undefined ? 'images' : 'train']: samples,
    ...(validation && {validation}),
    ...(test && {test}),
  };
  const sizes = Object.entries(parts).map(([part, of]) => [part, sizesOf(classNames, of)] as const);
  return Object.fromEntries(classNames.map((name, label) => [name, Object.fromEntries(sizes.map(([part, of]) => [part, of[label]!]))]));
}

/** What lies in a folder: a line a class, or how the classes compare when there are many. */
export function folderLines(folder: ImageFolder, columns = Infinity): string[] {
  const named = (name: string): string => cutMiddle(printable(name), Math.max(LEAST_NAME, columns / 2));
  const sizes = Object.entries(classSizes(folder));
  if (sizes.length <= LISTED) {
    const parts = Object.keys(sizes[0]?.[1] ?? {});
    const rows = sizes.map(([name, of]) => [`  ${named(name)}`, ...parts.map(part => count(of[part]!))]);
    return table(
      [['  class', ...parts], ...rows],
      parts.map((_, index) => index + 1),
    );
  }
  const bySize = sizes.map(([name, of]) => ({name, size: Object.values(of).reduce((sum, part) => sum + part, 0)}));
  bySize.sort((a, b) => a.size - b.size);
  const [smallest, largest] = [bySize[0]!, bySize.at(-1)!];
  const range = `from ${plural(smallest.size, 'image')} (${named(smallest.name)}) to ${count(largest.size)} (${named(largest.name)})`;
  return [smallest.size === largest.size ? `  ${plural(smallest.size, 'image')} in every class` : `  ${range}`];
}
