import type {FolderNode} from './folder-tree.js';
import type {LayoutInterpretation} from './layout-error.js';
import type {ParsedSplitName, SplitName} from './split-names.js';

/** A folder that is not used, with the reason: a clause about one of its images. */
export interface UnusedFolder {
  readonly prefix: string;
  readonly reason: string;
}

/** The folders of a dataset, and other information for detection. */
export interface LayoutContext {
  /** Path as the user named it. */
  readonly root: string;
  readonly rootFolder: FolderNode;
  /** Names of files that are not images. */
  readonly otherFiles: readonly string[];
  /** Required class names in NFC. A folder with a subfolder of such a name holds the classes. */
  readonly knownClasses?: ReadonlySet<string>;
  /** Split that the folder is for, if it is not the whole dataset. */
  readonly split?: SplitName;
}

/** Context that detection passes from folder to folder. */
export interface DetectionContext extends LayoutContext {
  /** Detects the layout of a subfolder. Detection is recursive across several files. */
  readonly detect: (folder: FolderNode, context: DetectionContext) => DetectedLayout;
}

/** Folder with the class folders of each split. */
export interface SplitFolders {
  readonly train: FolderNode;
  readonly validation?: FolderNode;
  readonly test?: FolderNode;
}

/** A folder that is named like a split. */
export interface SplitCandidate extends ParsedSplitName {
  readonly folder: FolderNode;
}

/** Command line option for the images of each split. */
export const SPLIT_OPTIONS: Readonly<Record<SplitName, string>> = {
  train: 'data',
  validation: 'val-data',
  test: 'test-data',
};

/** Detected layout of a folder: class folders, splits, or images without class folders. */
export type DetectedLayout =
  | {
      readonly kind: 'classes';
      readonly folder: FolderNode;
      readonly unused: readonly UnusedFolder[];
      readonly reasons: readonly string[];
    }
  | {
      readonly kind: 'splits';
      readonly splits: SplitFolders;
      readonly unused: readonly UnusedFolder[];
      readonly reasons: readonly string[];
    }
  | {
      readonly kind: 'flat' | 'empty' | 'unlabeled';
      readonly splits?: SplitFolders;
      readonly problem?: string;
    }
  | {
      readonly kind: 'ambiguous';
      readonly problem: string;
      readonly interpretations: readonly LayoutInterpretation[];
    };

export const toClassesLayout = (
  folder: FolderNode,
  unused: readonly UnusedFolder[] = [],
  reasons: readonly string[] = [],
): DetectedLayout => ({kind: 'classes', folder, unused, reasons});

export const folderNames = (folders: readonly FolderNode[]): string[] =>
  folders.map(({name}) => name);

export const joinNames = (folders: readonly FolderNode[]): string =>
  folderNames(folders).join(' and ');

export const abbreviateList = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} ...` : names.join(', ');

/** Path of a folder relative to the root. */
export const relativePrefix = ({prefix}: FolderNode, {rootFolder}: LayoutContext): string =>
  prefix.slice(rootFolder.prefix.length);
