import type {Finding} from '../core/finding.js';
import {lostFolders} from './class-folders.js';
import {findLayout, type FolderLayout, type Question, type UnusedFolder} from './folder-layout.js';
import {folderTree} from './folder-tree.js';
import type {ImageTree} from './image-tree.js';
import {partNamed, type Part} from './split-names.js';

interface Asked {
  /** As a person named it. */
  readonly root: string;
  /** Names of classes that there must be. */
  readonly known?: readonly string[];
  /** What the folder is for, where it is not the whole dataset. */
  readonly part?: Part;
}

/** Classes that are asked for by name say where they are, unless all are names of parts. */
const knownFolders = (names: readonly string[]): Pick<Question, 'known'> =>
  names.every(name => partNamed(name) !== undefined) ? {} : {known: new Set(names.map(name => name.normalize('NFC')))};

/**
 * Where the class folders of a tree are.
 * @throws LayoutError; ClassFolderError where links that were not followed may be what is missing
 */
export function layoutOf(tree: ImageTree, prefix: string, {root, known = [], part}: Asked): FolderLayout {
  const names = [...tree.images, ...tree.broken, ...tree.lostLinks.filter(({isFolder}) => !isFolder)].map(({name}) => name);
  const top = folderTree(prefix, names, tree.folders);
  try {
    return findLayout({root, top, others: tree.others, ...knownFolders(known), ...(part && {part})});
  } catch (error) {
    throw lostFolders(tree, [])[0] ?? error;
  }
}

/** A tree without folders that play no part. */
export function withoutFolders(tree: ImageTree, unused: readonly UnusedFolder[]): ImageTree {
  if (unused.length === 0) return tree;
  const isKept = ({name}: {readonly name: string}): boolean => !unused.some(({prefix}) => `${name}/`.startsWith(prefix));
  return {
    ...tree,
    images: tree.images.filter(isKept),
    broken: tree.broken.filter(isKept),
    lostLinks: tree.lostLinks.filter(isKept),
    folders: tree.folders.filter(name => isKept({name})),
  };
}

/** How a folder was understood, where that does not go without saying. */
export const layoutFindings = (reasons: readonly string[], part?: Part): Finding[] =>
  reasons.length === 0
    ? []
    : [{code: 'layout', severity: 'note', message: `Layout${part === undefined ? '' : ` for ${part}`}: ${reasons.join('; ')}.`, files: []}];
