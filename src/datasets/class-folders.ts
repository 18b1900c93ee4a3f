import {join} from 'node:path';
import {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import type {Part} from './folder-layout.js';
import {groupBy} from './group-by.js';
import type {Sample} from './image-folder.js';
import type {ImageTree} from './image-tree.js';
import {leftOut} from './left-out.js';
import type {ListedFile} from './list-files.js';
import {assertReadable} from './readability.js';

/** The class folders of a part: below a prefix in the root's own tree, or a tree of their own. */
export interface Source {
  readonly tree: ImageTree;
  /** What the names of its files begin with: `''`, `'train/'` or `'validation://'`. */
  readonly prefix: string;
}

/** Nothing to tell apart. */
export class TooFewClassesError extends DatasetError {
  override readonly code = 'TOO_FEW_CLASSES';

  constructor(
    readonly path: string,
    readonly classNames: readonly string[],
    remedy: string,
  ) {
    super(
      `Expected a folder for each of at least 2 classes in ${path}, but found ${classNames.length === 0 ? 'none' : `only ${classNames[0]}`}. ${remedy}`,
    );
  }
}

/** UTF-8 keeps the order of code points; UTF-16, by which JavaScript compares strings, does not. */
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first folder of a name below a prefix; undefined for what is elsewhere or directly in it. */
export function classOf(name: string, prefix: string): string | undefined {
  const end = name.indexOf('/', prefix.length);
  return name.startsWith(prefix) && end !== -1 ? name.slice(prefix.length, end) : undefined;
}

const byClass = <File extends ListedFile>(files: readonly File[], prefix: string): Map<string | undefined, File[]> =>
  groupBy(files, ({name}) => classOf(name, prefix));

export const foldersIn = (tree: ImageTree, prefix: string): string[] =>
  tree.folders.filter(name => name.startsWith(prefix) && !name.includes('/', prefix.length)).map(name => name.slice(prefix.length));

/**
 * The names of the classes in code-point order, after a look at whether each has images.
 *
 * @param onRefusal told of an EmptyClassError or BrokenClassError, and which class it is about
 * @throws TooFewClassesError; whatever `onRefusal` throws
 */
export function nameClasses({tree, prefix}: Source, onRefusal: (error: DatasetError, className: string) => void): string[] {
  const place = join(tree.root, prefix);
  const classNames = foldersIn(tree, prefix).sort(byCodePoint);
  if (classNames.length < 2) throw new TooFewClassesError(place, classNames, remedyFor(tree, prefix, classNames[0]));
  const images = byClass(tree.images, prefix);
  const broken = byClass(tree.broken, prefix);
  for (const className of classNames) {
    try {
      assertReadable(className, join(place, className), images.get(className)?.length ?? 0, broken.get(className) ?? []);
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      onRefusal(error, className);
    }
  }
  return classNames;
}

/** People point one folder too high, or at a heap of images. */
function remedyFor(tree: ImageTree, prefix: string, only: string | undefined): string {
  if (only !== undefined && foldersIn(tree, `${prefix}${only}/`).length >= 2) return `Did you mean ${join(tree.root, prefix, only)}?`;
  return 'Put the images of each class into a folder with its name.';
}

/** The folder given for validation or test has nothing for it. */
export class EmptyPartError extends DatasetError {
  override readonly code = 'PART_EMPTY';

  constructor(
    readonly part: Part,
    readonly path: string,
    classNames: readonly string[],
  ) {
    super(
      `Expected images for ${part} in folders of ${path} that are named as the classes of training, such as ${classNames[0]}, ` +
        'but found none. Name them alike.',
    );
  }
}

/**
 * The images of a part with their labels, matched by the names of the classes: what is no class of training is left out, a class without
 * images is reported, and nothing shifts.
 */
export function matchClasses(part: Part, {tree, prefix}: Source, classNames: readonly string[]): {samples: Sample[]; findings: Finding[]} {
  const images = byClass(tree.images, prefix);
  const samples = classNames.flatMap((className, label) =>
    (images.get(className) ?? []).map(({path, name}): Sample => ({path, name, label})),
  );
  const known = new Set<string | undefined>([undefined, ...classNames]);
  const extra = [...images].filter(([className]) => !known.has(className));
  return {
    samples,
    findings: [
      ...missingClasses(
        part,
        classNames.filter(className => !images.has(className)),
      ),
      ...extra.flatMap(([className, files]) => {
        const names = files.map(({name}) => name);
        return leftOut('extra-class', 'warning', names, `${className} is no class of training`, className);
      }),
    ],
  };
}

const missingClasses = (part: Part, classNames: readonly string[]): Finding[] =>
  classNames.map(className => ({
    code: 'missing-class',
    severity: 'warning',
    message: `Found no image of class ${className} for ${part}; its accuracy will not be known there.`,
    files: [],
    className,
  }));

/** Images that lie beside class folders, and top folders that are no part of a ready-made split. */
export function strayFindings({images}: ImageTree, prefixes: readonly string[], unusedFolders: readonly string[]): Finding[] {
  const names = images.map(({name}) => name);
  const isIn = (name: string, folder: string): boolean => name.startsWith(folder) && !name.includes('/', folder.length);
  const strays = names.filter(name => ['', ...prefixes].some(folder => isIn(name, folder)));
  return [
    ...leftOut('outside-classes', 'warning', strays, 'it lies beside the class folders'),
    ...unusedFolders.flatMap(folder =>
      leftOut(
        'unused-folder',
        'warning',
        names.filter(name => name.startsWith(`${folder}/`)),
        `${folder} is neither for training, validation nor test`,
      ),
    ),
  ];
}

/** The root's own folder for a part, when another was given for it. */
export function replacedFindings(own: Source | undefined, elsewhere: string): Finding[] {
  if (own === undefined) return [];
  const names = own.tree.images.map(({name}) => name).filter(name => name.startsWith(own.prefix));
  return leftOut('unused-folder', 'note', names, `${elsewhere} was given instead`);
}
