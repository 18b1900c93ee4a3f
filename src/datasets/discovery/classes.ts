import {join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import {hasRawBytes, escapeRawBytes} from '../../core/files/file-names.js';
import type {Finding} from '../../core/finding.js';
import {annotationRemedy} from '../layout/annotations.js';
import type {UnusedFolder} from '../layout/detected-layout.js';
import type {SplitName} from '../layout/split-names.js';
import {groupBy} from '../../core/group-by.js';
import type {Sample} from '../sample.js';
import type {ImageTree} from './scan-folder.js';
import {skippedFindings} from './skipped-files.js';
import type {ListedFile} from './list-files.js';
import {brokenImageFindings, checkClassReadable} from './broken-images.js';
import type {BrokenFile} from './broken-file.js';

/** The class folders of a split: below a prefix in the root's own tree, or a tree of their own. */
export interface ClassFolders {
  readonly tree: ImageTree;
  /** What the names of its files begin with: `''`, `'train/'` or `'validation://'`. */
  readonly prefix: string;
}

/** A class that cannot be read as a whole, for its name or because it is elsewhere. */
export class ClassFolderError extends defineError(
  DatasetError,
  'INVALID_CLASS_FOLDER',
  ({path}: {path: string}, {reason, remedy}: {reason: string; remedy: string}) =>
    `${path} cannot be used as a folder of images: ${reason}. ${remedy}`,
) {}

/** Fewer than two classes. */
export class TooFewClassesError extends defineError(
  DatasetError,
  'TOO_FEW_CLASSES',
  (
    {path, classNames, remedy}: {path: string; classNames: readonly string[]; remedy: string},
    {requested = 'a folder for each of at least 2 classes'}: {requested?: string},
  ) =>
    `Expected ${requested} in ${path}, but found ${classNames.length === 0 ? 'none' : `only ${classNames[0]}`}. ${remedy}`,
) {}

/** UTF-8 keeps the order of code points; UTF-16, by which JavaScript compares strings, does not. */
export const compareCodePoints = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first folder of a name below a prefix, in NFC; undefined for what is elsewhere or directly in it. */
export function parseClassName(name: string, prefix: string): string | undefined {
  const end = name.indexOf('/', prefix.length);
  return name.startsWith(prefix) && end !== -1
    ? name.slice(prefix.length, end).normalize('NFC')
    : undefined;
}

const groupByClass = <ClassFile extends ListedFile>(
  files: readonly ClassFile[],
  prefix: string,
): Map<string | undefined, ClassFile[]> => groupBy(files, ({name}) => parseClassName(name, prefix));

export const listSubfolders = (tree: ImageTree, prefix: string): string[] =>
  tree.folders
    .filter(name => name.startsWith(prefix) && !name.includes('/', prefix.length))
    .map(name => name.slice(prefix.length));

/** Whether a name is of a file or folder of a class. */
export const isInClass = (name: string, prefixes: readonly string[]): boolean =>
  prefixes.some(prefix => parseClassName(name, prefix) !== undefined);

/** What names begin with in a folder of its own for validation or test. */
const SPLIT_SCHEME = /^(?:validation|test):\/\//;

const RENAME_REMEDY =
  'Rename it, or every such name at once: convmv -f latin1 -t utf8 -r --notest DIR.';

/**
 * What is wrong with folders where a class, or all of a split, would be lost with them: links that were not followed, names that are no text.
 * @param requested names of classes. Default: all
 */
export function findClassFolderErrors(
  tree: ImageTree,
  prefixes: readonly string[],
  requested?: readonly string[],
): ClassFolderError[] {
  const isRequested = (name: string): boolean => {
    const className = prefixes
      .map(prefix => parseClassName(`${name}/`, prefix))
      .find(problem => problem !== undefined);
    return (
      className === undefined ||
      requested === undefined ||
      requested.some(requestedName => requestedName.normalize('NFC') === className)
    );
  };
  const links = tree.skippedLinks.filter(
    ({name, isFolder}) => isFolder && !isInClass(name, prefixes) && isRequested(name),
  );
  const folders = prefixes.flatMap(prefix =>
    listSubfolders(tree, prefix).map(name => prefix + name),
  );
  const rawNames = folders.filter(
    (name, i) =>
      hasRawBytes(name.slice(name.lastIndexOf('/') + 1)) &&
      isRequested(name) &&
      folders.indexOf(name) === i,
  );
  return [
    ...links.map(({path, reason}) => {
      const remedy = reason.includes('--follow-links')
        ? 'Add --follow-links to read what it leads to.'
        : 'Repair or remove it.';
      return new ClassFolderError({path}, {reason, remedy});
    }),
    ...rawNames.map(
      name =>
        new ClassFolderError(
          {path: escapeRawBytes(join(tree.root, name.replace(SPLIT_SCHEME, '')))},
          {reason: 'the bytes of its name are no UTF-8', remedy: RENAME_REMEDY},
        ),
    ),
  ];
}

/**
 * The names of the classes in code-point order; each must have images.
 *
 * @param onError called with an EmptyClassError or UnreadableClassError, and the class
 * @throws TooFewClassesError; whatever `onRefusal` throws
 */
export function findClasses(
  {tree, prefix}: ClassFolders,
  onError: (error: DatasetError, className: string) => void,
): string[] {
  const folder = join(tree.root, prefix);
  const classNames = listSubfolders(tree, prefix).sort(compareCodePoints);
  if (classNames.length < 2)
    throw new TooFewClassesError({
      path: folder,
      classNames,
      remedy: unlabeledRemedy(tree, prefix),
    });
  const images = groupByClass(tree.images, prefix);
  const broken = groupBrokenByClass({tree, prefix});
  for (const className of classNames) {
    const readable = images.get(className)?.length ?? 0;
    const error = checkClassReadable(
      className,
      join(folder, className),
      readable,
      broken.get(className) ?? [],
    );
    if (error !== undefined) onError(error, className);
  }
  return classNames;
}

/** People point at a heap of images. */
const unlabeledRemedy = ({root, otherFiles: others}: ImageTree, prefix: string): string =>
  annotationRemedy(root, prefix, others, {}) ??
  'Put the images of each class into a folder with its name.';

/** Files that should be images of a class, links included that were not followed. */
const groupBrokenByClass = ({tree, prefix}: ClassFolders): Map<string | undefined, BrokenFile[]> =>
  groupByClass([...tree.broken, ...tree.skippedLinks], prefix);

/** What classes have lost that are used all the same. */
export function brokenImageFindingsByClass(
  {tree, prefix}: ClassFolders,
  classNames: readonly string[],
): Finding[] {
  const [images, broken] = [groupByClass(tree.images, prefix), groupBrokenByClass({tree, prefix})];
  return classNames.flatMap(name =>
    brokenImageFindings(name, images.get(name)?.length ?? 0, broken.get(name) ?? []),
  );
}

/** The folder given for validation or test has nothing for it. */
export class EmptySplitError extends defineError(
  DatasetError,
  'SPLIT_EMPTY',
  (
    {split, path, broken}: {split: SplitName; path: string; broken: readonly BrokenFile[]},
    {classNames}: {classNames: readonly string[]},
  ) => {
    const [first] = broken;
    const problem =
      first === undefined
        ? 'none. Give them the same names.'
        : `none that can be read, such as ${first.path} (${first.reason}).`;
    const remedy =
      first?.reason.includes('--follow-links') === true
        ? ' Add --follow-links to read what links lead to.'
        : '';
    return `Expected images for ${split} in folders of ${path} that are named as the classes of training, such as ${classNames[0]}, but found ${problem}${remedy}`;
  },
) {}

/**
 * The images of a split with their labels, matched by the names of the classes: what is no class of training is skipped, a class without
 * images is reported, and nothing shifts.
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

/** Alike for `Cats`, `cat` and `cat_`. */
const normalizeClassName = (className: string): string =>
  className.toLowerCase().replace(/[\s_-]+|s(?=[\s_-]*$)/g, '');

/** Classes without an image in a split. */
export const missingClassFindings = (split: SplitName, classNames: readonly string[]): Finding[] =>
  classNames.map(className => ({
    code: 'missing-class',
    severity: 'warning',
    message: `Found no image of class ${className} for ${split}; its accuracy will not be known there.`,
    files: [],
    className,
  }));

/** Images that are in no class folder, and those of unused folders. */
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

/** The root's own folder for a split, when another was given for it. */
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
