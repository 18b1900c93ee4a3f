import {join} from 'node:path';
import {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import type {Part} from './folder-layout.js';
import {groupBy} from './group-by.js';
import type {Sample} from './image-folder.js';
import type {ImageTree} from './image-tree.js';
import type {ListedFile} from './list-files.js';
import {assertReadable} from './readability.js';

/** The class folders of a part: below a prefix in the root's own tree, or a tree of their own. */
export interface Source {
  readonly tree: ImageTree;
  /** Of the names of the files, `''` or `'train/'`. */
  readonly prefix: string;
  /** Put before the names of the files of a tree that is not the root's. */
  readonly scheme: string;
}

/** Nothing to tell apart. */
export class TooFewClassesError extends DatasetError {
  override readonly code = 'TOO_FEW_CLASSES';

  constructor(
    readonly path: string,
    readonly classNames: readonly string[],
    hint: string,
  ) {
    const found = classNames.length === 0 ? 'none' : `only ${classNames[0]}`;
    super(`Expected a folder for each of at least 2 classes in ${path}, but found ${found}. ${hint}`);
  }
}

/** UTF-8 keeps the order of code points; UTF-16, by which JavaScript compares strings, does not. */
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first folder of a name below a prefix; undefined for what is outside the prefix or directly in it. */
function classOf(name: string, prefix: string): string | undefined {
  const end = name.indexOf('/', prefix.length);
  return name.startsWith(prefix) && end !== -1 ? name.slice(prefix.length, end) : undefined;
}

const classFolders = ({tree, prefix}: Source): string[] =>
  tree.folders.filter(name => name.startsWith(prefix) && !name.includes('/', prefix.length)).map(name => name.slice(prefix.length));

const filesByClass = <File extends ListedFile>(files: readonly File[], prefix: string): Map<string | undefined, File[]> =>
  groupBy(files, ({name}) => classOf(name, prefix));

/**
 * The names of the classes, in code-point order, after a look at whether each has images.
 *
 * @throws TooFewClassesError, EmptyClassError, BrokenClassError
 */
export function nameClasses(source: Source): string[] {
  const {tree, prefix} = source;
  const place = join(tree.root, prefix);
  const classNames = classFolders(source).sort(byCodePoint);
  if (classNames.length < 2) throw new TooFewClassesError(place, classNames, hintFor(source, classNames));
  const images = filesByClass(tree.images, prefix);
  const broken = filesByClass(tree.broken, prefix);
  for (const className of classNames) {
    assertReadable(className, join(place, className), images.get(className)?.length ?? 0, broken.get(className) ?? []);
  }
  return classNames;
}

/** People point one folder too high, or at a bare heap of images. */
function hintFor({tree, prefix}: Source, classNames: readonly string[]): string {
  const [only] = classNames;
  if (only !== undefined && classFolders({tree, prefix: `${prefix}${only}/`, scheme: ''}).length >= 2) {
    return `Did you mean ${join(tree.root, prefix, only)}?`;
  }
  return 'Put the images of each class into a folder with its name.';
}

/** The images of a part with their labels; a folder that is no class of training is left out and reported. */
export function matchClasses(
  part: Part,
  {tree, prefix, scheme}: Source,
  classNames: readonly string[],
): {samples: Sample[]; findings: Finding[]} {
  const images = filesByClass(tree.images, prefix);
  const samples = classNames.flatMap((className, label) =>
    (images.get(className) ?? []).map(({path, name}): Sample => ({path, name: scheme + name, label})),
  );
  const missing = classNames.filter(className => !images.has(className));
  const extra = [...images.keys()].filter(name => name !== undefined).filter(name => !classNames.includes(name));
  return {
    samples,
    findings: [
      ...missing.map(className => missingClass(part, className)),
      ...extra.map(className => extraClass(part, className, images.get(className)!, scheme)),
    ],
  };
}

const missingClass = (part: Part, className: string): Finding => ({
  code: 'missing-class',
  severity: 'warning',
  message: `Class ${className} has no image for ${part}; nothing will be known about it there.`,
  files: [],
  className,
});

const extraClass = (part: Part, className: string, files: readonly ListedFile[], scheme: string): Finding => ({
  code: 'extra-class',
  severity: 'warning',
  message: `Class ${className} is for ${part} only; its ${files.length} images were left out. Add it to the training images to use it.`,
  files: files.map(({name}) => scheme + name),
  className,
});

/** Images beside the class folders, and top folders that are no part of a ready-made split. */
export function strayFindings(tree: ImageTree, prefixes: readonly string[], unusedFolders: readonly string[]): Finding[] {
  const isStray = (name: string): boolean => prefixes.some(prefix => name.startsWith(prefix) && classOf(name, prefix) === undefined);
  const isTopOnly = (name: string): boolean => !name.includes('/');
  const stray = tree.images.map(({name}) => name).filter(name => isStray(name) || isTopOnly(name));
  const strays: Finding = {
    code: 'outside-classes',
    severity: 'warning',
    message: `${stray.length} images lie beside the class folders and were left out. First: ${stray[0]}`,
    files: stray,
  };
  return [...(stray.length > 0 ? [strays] : []), ...unusedFolders.map(folder => unusedFolder(folder, tree))];
}

const unusedFolder = (folder: string, tree: ImageTree): Finding => ({
  code: 'unused-folder',
  severity: 'note',
  message: `Folder ${folder} is neither for training, validation nor test and was left out.`,
  files: tree.images.map(({name}) => name).filter(name => name.startsWith(`${folder}/`)),
});
