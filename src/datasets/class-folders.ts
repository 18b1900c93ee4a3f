import {join} from 'node:path';
import {DatasetError} from '../core/errors.js';
import {hasRawBytes, readableName} from '../core/file-names.js';
import type {Finding} from '../core/finding.js';
import {annotationRemedy} from './annotations.js';
import type {UnusedFolder} from './folder-layout.js';
import type {Part} from './split-names.js';
import {groupBy} from './group-by.js';
import type {Sample} from './image-folder.js';
import type {ImageTree} from './image-tree.js';
import {leftOut} from './left-out.js';
import type {ListedFile} from './list-files.js';
import {lossFindings, readabilityOf, type BrokenFile} from './readability.js';

/** The class folders of a part: below a prefix in the root's own tree, or a tree of their own. */
export interface Source {
  readonly tree: ImageTree;
  /** What the names of its files begin with: `''`, `'train/'` or `'validation://'`. */
  readonly prefix: string;
}

/** A class that cannot be read as a whole, for its name or because it is elsewhere. */
export class ClassFolderError extends DatasetError {
  override readonly code = 'CLASS_FOLDER';

  constructor(
    readonly path: string,
    reason: string,
    remedy: string,
  ) {
    super(`${path} cannot be used as a folder of images: ${reason}. ${remedy}`);
  }
}

/** Nothing to tell apart. */
export class TooFewClassesError extends DatasetError {
  override readonly code = 'TOO_FEW_CLASSES';

  constructor(
    readonly path: string,
    readonly classNames: readonly string[],
    readonly remedy: string,
    wanted = 'a folder for each of at least 2 classes',
  ) {
    super(`Expected ${wanted} in ${path}, but found ${classNames.length === 0 ? 'none' : `only ${classNames[0]}`}. ${remedy}`);
  }
}

/** UTF-8 keeps the order of code points; UTF-16, by which JavaScript compares strings, does not. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first folder of a name below a prefix, in NFC; undefined for what is elsewhere or directly in it. */
export function classOf(name: string, prefix: string): string | undefined {
  const end = name.indexOf('/', prefix.length);
  return name.startsWith(prefix) && end !== -1 ? name.slice(prefix.length, end).normalize('NFC') : undefined;
}

const byClass = <File extends ListedFile>(files: readonly File[], prefix: string): Map<string | undefined, File[]> =>
  groupBy(files, ({name}) => classOf(name, prefix));

export const foldersIn = (tree: ImageTree, prefix: string): string[] =>
  tree.folders.filter(name => name.startsWith(prefix) && !name.includes('/', prefix.length)).map(name => name.slice(prefix.length));

/** Whether a name is of a file or folder of a class. */
export const isInClass = (name: string, prefixes: readonly string[]): boolean =>
  prefixes.some(prefix => classOf(name, prefix) !== undefined);

/** What names begin with in a folder of its own for validation or test. */
const ELSEWHERE = /^(?:validation|test):\/\//;

const REPAIR = 'Rename it, or every such name at once: convmv -f latin1 -t utf8 -r --notest DIR.';

/**
 * What is wrong with folders where a class, or all of a part, would be lost with them: links that were not followed, names that are no text.
 * @param wanted names of classes; all unless told
 */
export function lostFolders(tree: ImageTree, prefixes: readonly string[], wanted?: readonly string[]): ClassFolderError[] {
  const isWanted = (name: string): boolean => {
    const className = prefixes.map(prefix => classOf(`${name}/`, prefix)).find(found => found !== undefined);
    return className === undefined || wanted === undefined || wanted.some(one => one.normalize('NFC') === className);
  };
  const links = tree.lostLinks.filter(({name, isFolder}) => isFolder && !isInClass(name, prefixes) && isWanted(name));
  const folders = prefixes.flatMap(prefix => foldersIn(tree, prefix).map(name => prefix + name));
  const raw = folders.filter(
    (name, i) => hasRawBytes(name.slice(name.lastIndexOf('/') + 1)) && isWanted(name) && folders.indexOf(name) === i,
  );
  return [
    ...links.map(({path, reason}) => {
      const remedy = reason.includes('--follow-links') ? 'Add --follow-links to read what it leads to.' : 'Repair or remove it.';
      return new ClassFolderError(path, reason, remedy);
    }),
    ...raw.map(
      name =>
        new ClassFolderError(readableName(join(tree.root, name.replace(ELSEWHERE, ''))), 'the bytes of its name are no UTF-8', REPAIR),
    ),
  ];
}

/**
 * The names of the classes in code-point order, after a look at whether each has images.
 *
 * @param onRefusal told of an EmptyClassError or BrokenClassError, and which class it is about
 * @throws TooFewClassesError; whatever `onRefusal` throws
 */
export function nameClasses({tree, prefix}: Source, onRefusal: (error: DatasetError, className: string) => void): string[] {
  const place = join(tree.root, prefix);
  const classNames = foldersIn(tree, prefix).sort(byCodePoint);
  if (classNames.length < 2) throw new TooFewClassesError(place, classNames, remedyFor(tree, prefix));
  const images = byClass(tree.images, prefix);
  const broken = brokenByClass({tree, prefix});
  for (const className of classNames) {
    const readable = images.get(className)?.length ?? 0;
    const refusal = readabilityOf(className, join(place, className), readable, broken.get(className) ?? []);
    if (refusal !== undefined) onRefusal(refusal, className);
  }
  return classNames;
}

/** People point at a heap of images. */
const remedyFor = ({root, others}: ImageTree, prefix: string): string =>
  annotationRemedy(root, prefix, others, {}) ?? 'Put the images of each class into a folder with its name.';

/** Files that should be images of a class, links included that were not followed. */
const brokenByClass = ({tree, prefix}: Source): Map<string | undefined, BrokenFile[]> =>
  byClass([...tree.broken, ...tree.lostLinks], prefix);

/** What classes have lost that are used all the same. */
export function classLosses({tree, prefix}: Source, classNames: readonly string[]): Finding[] {
  const [images, broken] = [byClass(tree.images, prefix), brokenByClass({tree, prefix})];
  return classNames.flatMap(name => lossFindings(name, images.get(name)?.length ?? 0, broken.get(name) ?? []));
}

/** The folder given for validation or test has nothing for it. */
export class EmptyPartError extends DatasetError {
  override readonly code = 'PART_EMPTY';

  constructor(
    readonly part: Part,
    readonly path: string,
    classNames: readonly string[],
    readonly broken: readonly BrokenFile[] = [],
  ) {
    const [first] = broken;
    const found = first === undefined ? 'none. Name them alike.' : `none that can be read, such as ${first.path} (${first.reason}).`;
    const remedy = first?.reason.includes('--follow-links') === true ? ' Add --follow-links to read what links lead to.' : '';
    super(
      `Expected images for ${part} in folders of ${path} that are named as the classes of training, such as ${classNames[0]}, but found ${found}${remedy}`,
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
        const like = classNames.find(known => plain(known) === plain(className!));
        const hint = like === undefined ? '' : ` (${like} is: give them one name if they are one)`;
        return leftOut('extra-class', 'warning', names, `${className} is no class of training${hint}`, className);
      }),
    ],
  };
}

/** Alike for `Cats`, `cat` and `cat_`. */
const plain = (className: string): string => className.toLowerCase().replace(/[\s_-]+|s(?=[\s_-]*$)/g, '');

/** Classes without an image for a part. */
export const missingClasses = (part: Part, classNames: readonly string[]): Finding[] =>
  classNames.map(className => ({
    code: 'missing-class',
    severity: 'warning',
    message: `Found no image of class ${className} for ${part}; its accuracy will not be known there.`,
    files: [],
    className,
  }));

/** Images that are in no class folder, and those of folders that play no part. */
export function strayFindings({images}: ImageTree, prefixes: readonly string[], unused: readonly UnusedFolder[]): Finding[] {
  const names = images.map(({name}) => name);
  const isUnused = (name: string): boolean => unused.some(({prefix}) => name.startsWith(prefix));
  const strays = names.filter(name => !isUnused(name) && !isInClass(name, prefixes));
  return [
    ...leftOut('outside-classes', 'warning', strays, 'it lies beside the class folders'),
    ...unused.flatMap(({prefix, reason}) => {
      const files = names.filter(name => name.startsWith(prefix));
      return leftOut('unused-folder', 'warning', files, reason);
    }),
  ];
}

/** The root's own folder for a part, when another was given for it. */
export function replacedFindings(own: Source | undefined, elsewhere: string): Finding[] {
  if (own === undefined) return [];
  const names = own.tree.images.map(({name}) => name).filter(name => name.startsWith(own.prefix));
  return leftOut('unused-folder', 'note', names, `${elsewhere} was given instead`);
}
