import {defineError, DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import type {UnusedFolder} from '../layout/detected-layout.js';
import type {SplitName} from '../layout/split-names.js';
import type {Sample} from '../sample.js';
import {groupByClass, isInClass, type ClassFolders} from './class-folders.js';
import type {BrokenFile} from './list-files.js';
import type {ImageTree} from './scan-folder.js';
import {skippedFindings} from './skipped-files.js';

/** Thrown if a folder given for validation or test has no images for it. */
export class EmptySplitError extends defineError(
  DatasetError,
  'SPLIT_EMPTY',
  (
    {split, path, broken}: {split: SplitName; path: string; broken: readonly BrokenFile[]},
    {classNames}: {classNames: readonly string[]},
  ) => {
    const [first] = broken;
    const folders = `folders named as the classes of training, such as ${classNames[0]}`;
    if (first === undefined)
      return `${path} has no images for ${split} in ${folders}. Give them the same names.`;
    const remedy = first.reason.includes('--follow-links')
      ? ' Add --follow-links to read what links lead to.'
      : '';
    return `${path} has no readable images for ${split} in ${folders}; some cannot be read, such as ${first.path} (${first.reason}).${remedy}`;
  },
) {}

/**
 * The images of a split, with labels matched by class name. Unknown classes are skipped, and classes without images are reported; labels
 * never shift.
 */
export function matchClasses(
  split: SplitName,
  {tree, prefix}: ClassFolders,
  classNames: readonly string[],
): {samples: Sample[]; findings: Finding[]} {
  const images = groupByClass(tree.images, prefix);
  const samples = classNames.flatMap((className, label) =>
    (images.get(className) ?? []).map(({path, name}): Sample => ({path, name, label})),
  );
  const known = new Set<string | undefined>([undefined, ...classNames]);
  const unknownClasses = [...images].filter(([className]) => !known.has(className));
  return {
    samples,
    findings: [
      ...missingClassFindings(
        split,
        classNames.filter(className => !images.has(className)),
      ),
      ...unknownClasses.flatMap(([className, files]) => {
        const names = files.map(({name}) => name);
        const similar = classNames.find(
          known => normalizeClassName(known) === normalizeClassName(className!),
        );
        const hint =
          similar === undefined ? '' : ` (${similar} is: give them one name if they are one)`;
        return skippedFindings(
          'unknown-class',
          'warning',
          names,
          `${className} is no class of training${hint}`,
          className,
        );
      }),
    ],
  };
}

/** Normalizes a class name: `Cats`, `cat` and `cat_` become the same. */
const normalizeClassName = (className: string): string =>
  className.toLowerCase().replace(/[\s_-]+|s(?=[\s_-]*$)/g, '');

/** Findings about classes without images in a split. */
export const missingClassFindings = (split: SplitName, classNames: readonly string[]): Finding[] =>
  classNames.map(className => ({
    code: 'missing-class',
    severity: 'warning',
    message: `Found no image of class ${className} for ${split}; its accuracy will not be known there.`,
    files: [],
    className,
  }));

/** Findings about images outside class folders and in unused folders. */
export function unlabeledFindings(
  {images}: ImageTree,
  prefixes: readonly string[],
  unused: readonly UnusedFolder[],
): Finding[] {
  const names = images.map(({name}) => name);
  const isUnused = (name: string): boolean => unused.some(({prefix}) => name.startsWith(prefix));
  const unlabeled = names.filter(name => !isUnused(name) && !isInClass(name, prefixes));
  return [
    ...skippedFindings('unlabeled', 'warning', unlabeled, 'it is next to the class folders'),
    ...unused.flatMap(({prefix, reason}) => {
      const files = names.filter(name => name.startsWith(prefix));
      return skippedFindings('unused-folder', 'warning', files, reason);
    }),
  ];
}

/** Findings about the dataset's own folder for a split, if another one was given. */
export function overriddenFindings(
  classFolders: ClassFolders | undefined,
  overridePath: string,
): Finding[] {
  if (classFolders === undefined) return [];
  const names = classFolders.tree.images
    .map(({name}) => name)
    .filter(name => name.startsWith(classFolders.prefix));
  return skippedFindings('unused-folder', 'note', names, `${overridePath} was given instead`);
}
