import {
  abbreviateList,
  folderNames,
  relativePrefix,
  SPLIT_OPTIONS,
  toClassesLayout,
  type DetectedLayout,
  type DetectionContext,
  type LayoutContext,
} from './detected-layout.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {
  formatFolderOptions,
  formatClassOptions,
  type LayoutInterpretation,
} from './layout-error.js';
import {parseSplitName, type ParsedSplitName} from './split-names.js';

// Checks for folders that may not be class folders.

/** Maximum number of interpretations of one kind in a message. */
const MAX_SUGGESTIONS = 3;

/** Reports a split folder that repeats the classes: `test/cats` and `test/dogs` next to `cats` and `dogs`. */
export function ambiguousSplitFolder(
  folder: FolderNode,
  repetition: FolderNode,
  split: 'validation' | 'test',
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout {
  const classes = children.filter(child => child !== repetition);
  const splitOption = formatFolderOptions(context.root, {
    [SPLIT_OPTIONS[split]]: relativePrefix(repetition, context),
  });
  const interpretations = suggestClasses(
    folder,
    classes,
    `${repetition.name} for ${split}`,
    context,
  );
  const problem = `In ${context.root}, ${repetition.name} is among the classes and holds folders of their names.`;
  return {
    kind: 'ambiguous',
    problem,
    interpretations: interpretations.map(sibling => ({
      ...sibling,
      options: `${sibling.options} ${splitOption}`,
    })),
  };
}

const suggestClasses = (
  folder: FolderNode,
  classes: readonly FolderNode[],
  meaning: string,
  context: LayoutContext,
): LayoutInterpretation[] =>
  classes.length < 2
    ? []
    : [
        {
          meaning,
          options: formatClassOptions(
            context.root,
            relativePrefix(folder, context),
            folderNames(classes),
          ),
        },
      ];

const suggestAllClasses = (
  folder: FolderNode,
  classes: readonly FolderNode[],
  context: LayoutContext,
): LayoutInterpretation[] =>
  suggestClasses(
    folder,
    classes,
    `the classes are ${abbreviateList(folderNames(classes))}`,
    context,
  );

const suggestFolders = (
  meaning: string,
  folders: readonly FolderNode[],
  context: LayoutContext,
): LayoutInterpretation[] =>
  folders.slice(0, MAX_SUGGESTIONS).map(child => ({
    meaning: `${meaning} ${abbreviateList(folderNames(nonEmptySubfolders(unwrapFolder(child))))}`,
    options: formatFolderOptions(context.root, {data: relativePrefix(child, context)}),
  }));

/**
 * Reports folders named like a split: `test` next to `cats` and `dogs`. A class may be called `train`, next to `car` and `plane`; then the
 * user must say so.
 */
export function checkSplitNames(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout | undefined {
  const [splitNamed, others] = [
    children.filter(child => parseFolderSplit(child)),
    children.filter(child => !parseFolderSplit(child)),
  ];
  if (splitNamed.length === 0) return undefined;
  if (
    context.split !== undefined &&
    others.length > 1 &&
    splitNamed.every(child => parseFolderSplit(child) === 'unlabeled')
  ) {
    const unused = splitNamed.map(({name, prefix}) => ({
      prefix,
      reason: `${name} is no class: its images are unlabeled`,
    }));
    return toClassesLayout(folder, unused);
  }
  const names = abbreviateList(folderNames(splitNamed));
  if (others.length === 0)
    return {kind: 'unlabeled', problem: `${names} hold images and no class folders.`};
  if (findRepeatedNames(children).length > 1) return undefined; // checkRepeatedSubfolders reports more
  const problem = `In ${context.root}, ${names} ${splitNamed.length === 1 ? 'is' : 'are'} named like a split, among folders that look like classes.`;
  const interpretations = [
    ...suggestClasses(folder, others, `without ${names}`, context),
    ...suggestAllClasses(folder, children, context),
  ];
  return {kind: 'ambiguous', problem, interpretations};
}

/** Reports split names that do not match each other: `new-train` and `old_test`. */
export function checkSimilarSplitNames(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout | undefined {
  const names = children.map(({name}) => parseSplitName(name));
  if (names.includes(undefined) || new Set(names.map(name => name!.split)).size < 2)
    return undefined;
  const problem = `In ${context.root}, ${abbreviateList(folderNames(children))} are named like splits, and which belong together is not clear.`;
  const usable = children.filter(child => nonEmptySubfolders(child).length > 1);
  return {
    kind: 'ambiguous',
    problem,
    interpretations: [
      ...suggestFolders('the classes are', usable, context),
      ...suggestAllClasses(folder, children, context),
    ],
  };
}

/** Reports splits inside what should be class folders: `cats/train`, `cats/test`. */
export function checkSplitsInClasses(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: DetectionContext,
): DetectedLayout | undefined {
  const splitParents = children.filter(child => child.directImages === 0 && hasSplitFolders(child));
  if (splitParents.length === 0) return undefined;
  const holds = splitParents.length === 1 ? 'holds' : 'hold';
  const problem = `In ${context.root}, ${abbreviateList(folderNames(splitParents))} ${holds} folders for training, validation or test, where class folders or images are expected.`;
  const usable = splitParents.filter(child =>
    ['classes', 'splits'].includes(context.detect(child, context).kind),
  );
  const mixed = suggestClasses(
    folder,
    children,
    `the classes are ${abbreviateList(folderNames(children))}; images for training and test are mixed`,
    context,
  );
  return {
    kind: 'ambiguous',
    problem,
    interpretations: [...suggestFolders('with its folders', usable, context), ...mixed],
  };
}

/** Reports subfolders with the same names in several folders. */
export function checkRepeatedSubfolders(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout | undefined {
  const repeated = findRepeatedNames(children);
  if (repeated.length < 2) return undefined;
  const splitHint =
    context.split === undefined
      ? ' If they are splits, training takes one as --data, and others as --val-data and --test-data.'
      : '';
  const problem = `In ${context.root}, ${abbreviateList(folderNames(children))} hold the same folders, such as ${abbreviateList(repeated)}: either may be the classes.${splitHint}`;
  return {
    kind: 'ambiguous',
    problem,
    interpretations: [
      ...suggestFolders('the classes are', children, context),
      ...suggestAllClasses(folder, children, context),
    ],
  };
}

/** The split that a folder's name means, if the name has no other words. */
export function parseFolderSplit({name}: FolderNode): ParsedSplitName['split'] | undefined {
  const found = parseSplitName(name);
  return found?.rest === '' ? found.split : undefined;
}

/** Whether a folder repeats the folders next to it, such as `cell_images/cell_images`: some archives contain everything twice. */
export function repeatsSiblings(child: FolderNode, siblings: readonly FolderNode[]): boolean {
  const names = folderNames(nonEmptySubfolders(child));
  return (
    child.directImages === 0 &&
    names.length > 1 &&
    siblings.length > 2 &&
    names.every(name => siblings.some(sibling => sibling !== child && sibling.name === name))
  );
}

/** Whether a folder contains folders for training, validation or test. */
function hasSplitFolders(child: FolderNode): boolean {
  const [first, ...others] = nonEmptySubfolders(child);
  if (first === undefined) return false;
  if (others.length === 0)
    return (
      parseFolderSplit(first) !== undefined || (first.directImages === 0 && hasSplitFolders(first))
    );
  const splits = [first, ...others].map(parseFolderSplit);
  return (
    new Set(splits.filter(split => split !== undefined)).size > 1 || !splits.includes(undefined)
  );
}

/** Names of subfolders that occur in several folders; none if a folder holds images directly. */
function findRepeatedNames(children: readonly FolderNode[]): string[] {
  if (children.some(({directImages: direct}) => direct > 0)) return [];
  const counts = new Map<string, number>();
  for (const child of children)
    for (const {name} of nonEmptySubfolders(unwrapFolder(child)))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1).map(([name]) => name);
}

/** Descends to the first folder that holds several folders, or images. */
function unwrapFolder(folder: FolderNode): FolderNode {
  const [onlyChild, ...others] = nonEmptySubfolders(folder);
  return onlyChild === undefined || others.length > 0 || folder.directImages > 0
    ? folder
    : unwrapFolder(onlyChild);
}
