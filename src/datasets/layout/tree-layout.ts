import type {Finding} from '../../core/finding.js';
import {findClassFolderErrors} from '../discovery/class-folders.js';
import type {LayoutContext, UnusedFolder} from './detected-layout.js';
import {findLayout, type FolderLayout} from './folder-layout.js';
import {buildFolderTree} from './folder-tree.js';
import type {ImageTree} from '../discovery/scan-folder.js';
import {parseSplit, type SplitName} from './split-names.js';

interface LayoutHints {
  /** Path as the user named it. */
  readonly root: string;
  /** Required class names. */
  readonly knownClasses?: readonly string[];
  /** Split that the folder is for, if it is not the whole dataset. */
  readonly split?: SplitName;
}

/** Known classes for detection. Requested class names show where the classes are, unless all are names of splits. */
const toKnownClasses = (names: readonly string[]): Pick<LayoutContext, 'knownClasses'> =>
  names.every(name => parseSplit(name) !== undefined)
    ? {}
    : {knownClasses: new Set(names.map(name => name.normalize('NFC')))};

/**
 * Finds the class folders of a tree.
 * @throws LayoutError; ClassFolderError if links that were not followed may explain the missing classes
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

/** Removes unused folders from a tree. */
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

/** A finding that explains how a folder was interpreted, unless the layout is standard. */
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
