import {join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import {hasRawBytes, escapeRawBytes} from '../../core/files/file-names.js';
import {groupBy} from '../../core/group-by.js';
import type {ListedFile} from './list-files.js';
import type {ImageTree} from './scan-folder.js';

/** Location of the class folders of a split: below a prefix in the dataset's tree, or in a separate tree. */
export interface ClassFolders {
  readonly tree: ImageTree;
  /** Prefix of its file names: `''`, `'train/'` or `'validation://'`. */
  readonly prefix: string;
}

/** Thrown for a class folder that cannot be read at all: its name is not valid, or it is a link that was not followed. */
export class ClassFolderError extends defineError(
  DatasetError,
  'INVALID_CLASS_FOLDER',
  ({path}: {path: string}, {reason, remedy}: {reason: string; remedy: string}) =>
    `${path} cannot be used as a folder of images: ${reason}. ${remedy}`,
) {}

/** Compares strings by code points. UTF-8 keeps their order; UTF-16, which JavaScript compares by, does not. */
export const compareCodePoints = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first folder of a name after the prefix, in NFC. Undefined for names without the prefix or without a folder after it. */
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

/** Whether a name is that of a file or folder inside a class folder. */
export const isInClass = (name: string, prefixes: readonly string[]): boolean =>
  prefixes.some(prefix => parseClassName(name, prefix) !== undefined);

/** Prefix of names in a separate validation or test folder. */
const SPLIT_SCHEME = /^(?:validation|test):\/\//;

const RENAME_REMEDY =
  'Rename it, or every such name at once: convmv -f latin1 -t utf8 -r --notest DIR.';

/**
 * Errors about folders that would lose a class or a whole split: links that were not followed, and names that are not valid UTF-8.
 * @param requested requested class names. Default: all
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
