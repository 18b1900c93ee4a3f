import {join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import {hasRawBytes, escapeRawBytes} from '../../core/files/file-names.js';
import {groupBy} from '../../core/group-by.js';
import type {ListedFile} from './list-files.js';
import type {ImageTree} from './scan-folder.js';

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

export const groupByClass = <ClassFile extends ListedFile>(
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
