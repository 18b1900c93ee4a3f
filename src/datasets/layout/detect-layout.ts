import {
  ambiguousSplitFolder,
  checkRepeatedSubfolders,
  checkSimilarSplitNames,
  checkSplitNames,
  checkSplitsInClasses,
  parseFolderSplit,
  repeatsSiblings,
} from './ambiguous-layouts.js';
import {
  abbreviateList,
  folderNames,
  relativePrefix,
  toClassesLayout,
  type DetectedLayout,
  type DetectionContext,
} from './detected-layout.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {formatFolderOptions} from './layout-error.js';
import {findSplits} from './split-folders.js';
import {isContainer, isLabelFolder} from './split-names.js';

/** Detects the layout of a folder. */
export function detectLayout(folder: FolderNode, context: DetectionContext): DetectedLayout {
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

/** Detects the layout in the only folder with images. It wraps the dataset, unless it is the only class. */
function detectInOnlyFolder(
  onlyChild: FolderNode,
  parent: FolderNode,
  context: DetectionContext,
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

/** Detects `images` and `masks`: folders named after the kind of their files, not after what the images show. */
function detectNextToLabelFolders(
  children: readonly FolderNode[],
  context: DetectionContext,
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

/** Treats the folders as classes, unless a check finds that the classes are elsewhere. */
function detectAmongFolders(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: DetectionContext,
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
