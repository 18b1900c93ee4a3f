import type {Finding} from '../../core/finding.js';
import {findClassFolderErrors} from '../discovery/class-folders.js';
import type {LayoutContext, UnusedFolder} from './detected-layout.js';
import {findLayout, type FolderLayout} from './folder-layout.js';
import {buildFolderTree} from './folder-tree.js';
import type {ImageTree} from '../discovery/scan-folder.js';
import {parseSplit, type SplitName} from './split-names.js';

interface LayoutHints {
  /** As a person named it. */
  readonly root: string;
  /** Names of classes that there must be. */
  readonly knownClasses?: readonly string[];
  /** What the folder is for, where it is not the whole dataset. */
  readonly split?: SplitName;
}

/** Requested class names show where the classes are, unless all are names of splits. */
const toKnownClasses = (names: readonly string[]): Pick<LayoutContext, 'knownClasses'> =>
  names.every(name => parseSplit(name) !== undefined)
    ? {}
    : {knownClasses: new Set(names.map(name => name.normalize('NFC')))};

/**
 * Where the class folders of a tree are.
 * @throws LayoutError; ClassFolderError where links that were not followed may be what is missing
 */
export function resolveLayout(
  tree: ImageTree,
  prefix: string,
  {root, knownClasses = [], split}: LayoutHints,
): FolderLayout {
  const names = [
    ...tree.images,
    ...tree.broken,
    ...tree.skippedLinks.filter(({isFolder}) => !isFolder),
  ].map(({name}) => name);
  const rootFolder = buildFolderTree(prefix, names, tree.folders);
  try {
    return findLayout({
      root,
      rootFolder,
      otherFiles: tree.otherFiles,
      ...toKnownClasses(knownClasses),
      ...(split && {split}),
    });
  } catch (error) {
    throw findClassFolderErrors(tree, [])[0] ?? error;
  }
}

/** A tree without unused folders. */
export function removeFolders(tree: ImageTree, unused: readonly UnusedFolder[]): ImageTree {
  if (unused.length === 0) return tree;
  const isUsed = ({name}: {readonly name: string}): boolean =>
    !unused.some(({prefix}) => `${name}/`.startsWith(prefix));
  return {
    ...tree,
    images: tree.images.filter(isUsed),
    broken: tree.broken.filter(isUsed),
    skippedLinks: tree.skippedLinks.filter(isUsed),
    folders: tree.folders.filter(name => isUsed({name})),
  };
}

/** How a folder was understood, where that does not go without saying. */
export const layoutFindings = (reasons: readonly string[], split?: SplitName): Finding[] =>
  reasons.length === 0
    ? []
    : [
        {
          code: 'layout',
          severity: 'note',
          message: `Layout${split === undefined ? '' : ` for ${split}`}: ${reasons.join('; ')}.`,
          files: [],
        },
      ];
