import {resolve, sep} from 'node:path';

const isDistinct = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** The last segments of paths, as few as make them different. */
function lastSegments(paths: readonly string[]): string[] {
  const segments = paths.map(path => resolve(path).split(sep));
  const longest = Math.max(...segments.map(({length}) => length));
  const counts = Array.from({length: longest}, (_, i) => i + 1);
  const namesOf = (count: number): string[] => segments.map(each => each.slice(-count).join('/'));
  return namesOf(counts.find(count => isDistinct(namesOf(count))) ?? longest);
}

/**
 * Names by which runs are told apart: the ends of their paths, without the words that all of them begin with. What is left begins with a
 * letter: `runs/pets-resnet18` and `runs/pets-resnet50-2` are `resnet18` and `resnet50-2`.
 */
export function nameRuns(paths: readonly string[]): string[] {
  const names = lastSegments(paths);
  const first = names[0]!;
  const ends = [...first.matchAll(/[-_/](?=\p{L})/gu)].map(({index}) => index + 1).reverse();
  const isShared = (end: number): boolean =>
    names.every(name => name.startsWith(first.slice(0, end)) && /^\p{L}/u.test(name.slice(end)));
  const end = ends.find(isShared) ?? 0;
  return names.map(name => name.slice(end));
}
