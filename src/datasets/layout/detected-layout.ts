import type {FolderNode} from './folder-tree.js';
import type {LayoutInterpretation} from './layout-error.js';
import type {ParsedSplitName, SplitName} from './split-names.js';

/** A folder that is not used, and why: a clause about one of its images. */
export interface UnusedFolder {
  readonly prefix: string;
  readonly reason: string;
}

/** The folders of a dataset, and what else is known of it. */
export interface LayoutContext {
  /** As a person named it. */
  readonly root: string;
  readonly rootFolder: FolderNode;
  /** Names of files that are no images. */
  readonly otherFiles: readonly string[];
  /** Names of classes that there must be: where a folder has such a name, the classes are. In NFC. */
  readonly knownClasses?: ReadonlySet<string>;
  /** What the folder is for, where it is not the whole dataset. */
  readonly split?: SplitName;
}

/** What detection takes along from folder to folder. */
export interface DetectionContext extends LayoutContext {
  /** What a folder holds: detection calls itself for sub-folders, from several files. */
  readonly detect: (folder: FolderNode, context: DetectionContext) => DetectedLayout;
}

/** Class folders of each split. */
export interface SplitFolders {
  readonly train: FolderNode;
  readonly validation?: FolderNode;
  readonly test?: FolderNode;
}

/** A folder that is named like a split. */
export interface SplitCandidate extends ParsedSplitName {
  readonly folder: FolderNode;
}

/** The option for the images of a split. */
export const SPLIT_OPTIONS: Readonly<Record<SplitName, string>> = {
  train: 'data',
  validation: 'val-data',
  test: 'test-data',
};

/** What a folder is: it holds class folders or splits, or images that no folder gives a class. */
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

/** A folder relative to the root. */
export const relativePrefix = ({prefix}: FolderNode, {rootFolder}: LayoutContext): string =>
  prefix.slice(rootFolder.prefix.length);
