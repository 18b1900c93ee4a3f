import {annotationRemedy} from './annotations.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {
  LayoutError,
  formatFolderOptions,
  UnlabeledImagesError,
  type LayoutInterpretation,
} from './layout-error.js';
import {isLabelFolder, isContainer, type SplitName} from './split-names.js';
import {
  repeatsSiblings,
  checkSimilarSplitNames,
  checkSplitNames,
  parseFolderSplit,
  ambiguousSplitFolder,
  checkSplitsInClasses,
  checkRepeatedSubfolders,
} from './ambiguous-layouts.js';
import {findSplits, SPLIT_OPTIONS, type SplitFolders} from './split-folders.js';

/** A folder that is not used, and why: a clause about one of its images. */
export interface UnusedFolder {
  readonly prefix: string;
  readonly reason: string;
}

/** Where the class folders are. */
export interface FolderLayout {
  readonly layout: 'classes' | 'splits';
  /** What the names of their files begin with: `''`, `'train/'`. */
  readonly prefixes: {readonly train: string; readonly validation?: string; readonly test?: string};
  readonly unused: readonly UnusedFolder[];
  /** Clauses on why it was read so; none for what goes without saying. */
  readonly reasons: readonly string[];
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
): DetectedLayout => ({
  ...{kind: 'classes', folder, unused, reasons},
});

export const folderNames = (folders: readonly FolderNode[]): string[] =>
  folders.map(({name}) => name);
export const abbreviateList = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} ...` : names.join(', ');
/** A folder relative to the root. */
export const relativePrefix = ({prefix}: FolderNode, {rootFolder}: LayoutContext): string =>
  prefix.slice(rootFolder.prefix.length);

/** What a folder holds. */
export function detectLayout(folder: FolderNode, context: LayoutContext): DetectedLayout {
  const children = nonEmptySubfolders(folder);
  if (children.length === 0) return {kind: folder.directImages > 0 ? 'flat' : 'empty'};
  if (children.some(({name}) => context.knownClasses?.has(name.normalize('NFC'))))
    return toClassesLayout(folder);
  const [onlyChild] = children;
  if (onlyChild !== undefined && children.length === 1)
    return detectInOnlyFolder(onlyChild, folder, context);
  return (
    detectNextToLabelFolders(children, context) ??
    findSplits(folder, children, context) ??
    detectAmongFolders(folder, children, context)
  );
}

/** The only folder with images: it wraps everything else, unless it is the only class. */
function detectInOnlyFolder(
  onlyChild: FolderNode,
  parent: FolderNode,
  context: LayoutContext,
): DetectedLayout {
  const detected = detectLayout(onlyChild, context);
  const split = parseFolderSplit(onlyChild);
  if (detected.kind === 'flat' || detected.kind === 'empty') {
    if (isContainer(onlyChild.name) || onlyChild.name === parent.name) return {kind: 'flat'};
    return split === undefined
      ? toClassesLayout(parent)
      : {
          kind: 'unlabeled',
          problem: `${relativePrefix(onlyChild, context)} holds images and no class folders.`,
        };
  }
  if (detected.kind !== 'classes') return detected;
  const reason = `all images are in ${relativePrefix(detected.folder, context)}`;
  if (split === undefined || context.split !== undefined)
    return {
      ...detected,
      reasons: [reason, ...detected.reasons.filter(one => !one.startsWith('all'))],
    };
  if (split === 'train')
    return {
      kind: 'splits',
      splits: {train: detected.folder},
      unused: detected.unused,
      reasons: detected.reasons,
    };
  const interpretations = [
    {
      meaning: 'to use them all the same',
      options: formatFolderOptions(context.root, {data: relativePrefix(detected.folder, context)}),
    },
  ];
  return {
    kind: 'ambiguous',
    problem: `${context.root} has a folder ${onlyChild.name} and none for training.`,
    interpretations,
  };
}

/** `images` and `masks`: names that say what kind of files are in folders, and not what they show. */
function detectNextToLabelFolders(
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout | undefined {
  const [containers, labels] = [
    children.filter(({name}) => isContainer(name)),
    children.filter(({name}) => isLabelFolder(name)),
  ];
  const [container] = containers;
  if (
    container === undefined ||
    labels.length === 0 ||
    containers.length + labels.length < children.length
  )
    return undefined;
  const detected = containers.length > 1 ? undefined : detectLayout(container, context);
  if (detected?.kind !== 'classes' && detected?.kind !== 'splits')
    return {
      kind: 'unlabeled',
      problem: `${abbreviateList(folderNames(children))} say what kind of files they hold, and not what the images show.`,
    };
  const unused = labels.map(({name, prefix}) => ({
    prefix,
    reason: `${name} holds labels and no images of its own`,
  }));
  return {
    ...detected,
    unused: [...detected.unused, ...unused],
    reasons: [
      ...detected.reasons,
      `all images but labels are in ${relativePrefix(container, context)}`,
    ],
  };
}

/** Class folders, unless something about them says that the classes are elsewhere. */
function detectAmongFolders(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout {
  const repetition = children.find(child => repeatsSiblings(child, children));
  const split = repetition && parseFolderSplit(repetition);
  if (repetition !== undefined && (split === 'validation' || split === 'test'))
    return ambiguousSplitFolder(folder, repetition, split, children, context);
  if (repetition !== undefined) {
    const detected = detectAmongFolders(
      folder,
      children.filter(child => child !== repetition),
      context,
    );
    const unused = {
      prefix: repetition.prefix,
      reason: `${repetition.name} repeats the folders next to it`,
    };
    return detected.kind === 'classes'
      ? {...detected, unused: [...detected.unused, unused]}
      : detected;
  }
  const ambiguityChecks = [
    checkSplitNames,
    checkSimilarSplitNames,
    checkSplitsInClasses,
    checkRepeatedSubfolders,
  ];
  for (const check of ambiguityChecks) {
    const detected = check(folder, children, context);
    if (detected !== undefined) return detected;
  }
  const areNested =
    children.every(({directImages: direct}) => direct === 0) &&
    children.some(({folders}) => folders.size > 1);
  const reason = `the folders ${abbreviateList(folderNames(children))} are the classes, and what is in their sub-folders is theirs (if those are the classes, move them into one folder)`;
  return toClassesLayout(folder, [], areNested ? [reason] : []);
}

/** Readings of a folder that is for one split: nothing else can be given with it. */
const interpretationsForSplit = (
  split: SplitName,
  interpretations: readonly LayoutInterpretation[],
): LayoutInterpretation[] =>
  interpretations.flatMap(({meaning, options}) => {
    const isSingleOption = options.split(' --').length === 1;
    return isSingleOption
      ? [{meaning, options: options.replace(/^--data/, `--${SPLIT_OPTIONS[split]}`)}]
      : [];
  });

/**
 * Tells where the class folders of a dataset are: in the folder itself, in a folder for each split, each perhaps within others.
 *
 * @throws LayoutError (exit 3) where that is not clear, with the options that say it; UnlabeledImagesError where there are none
 */
export function findLayout(context: LayoutContext): FolderLayout {
  const {root, rootFolder, otherFiles, split} = context;
  const detected = detectLayout(rootFolder, context);
  switch (detected.kind) {
    case 'classes':
      return {
        layout: 'classes',
        prefixes: {train: detected.folder.prefix},
        unused: detected.unused,
        reasons: detected.reasons,
      };
    case 'splits': {
      const {train, validation, test} = detected.splits;
      const splitFolder = split === undefined ? train : detected.splits[split];
      if (splitFolder === undefined)
        throw new LayoutError(root, `${root} has folders of a split and none for ${split}.`, []);
      if (split !== undefined)
        return {
          layout: 'classes',
          prefixes: {train: splitFolder.prefix},
          unused: [],
          reasons: [`it is for ${split}`],
        };
      const prefixes = {
        train: train.prefix,
        ...(validation && {validation: validation.prefix}),
        ...(test && {test: test.prefix}),
      };
      return {layout: 'splits', prefixes, unused: detected.unused, reasons: detected.reasons};
    }
    case 'ambiguous':
      throw new LayoutError(
        root,
        detected.problem,
        split === undefined
          ? detected.interpretations
          : interpretationsForSplit(split, detected.interpretations),
      );
    case 'unlabeled': {
      const folders = Object.fromEntries(
        Object.entries(detected.splits ?? {}).map(([name, {prefix}]) => [name, prefix]),
      );
      const remedy =
        annotationRemedy(root, rootFolder.prefix, otherFiles, folders) ??
        'Put the images of each class into a folder with its name, or give a list of images (.csv).';
      throw new UnlabeledImagesError(
        root,
        detected.problem ?? `${root} has images without class folders.`,
        [],
        remedy,
      );
    }
    default:
      return {layout: 'classes', prefixes: {train: rootFolder.prefix}, unused: [], reasons: []};
  }
}
