import {
  folderNames,
  joinNames,
  relativePrefix,
  type DetectedLayout,
  type DetectionContext,
  type SplitCandidate,
} from './detected-layout.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {
  formatClassOptions,
  formatFolderOptions,
  type LayoutInterpretation,
} from './layout-error.js';

// Folders that may be splits, if the training folder is ambiguous or missing.

/** Reports a `train` folder next to folders that are not splits: it may be a class, or the only split. */
export function loneTrainFolder(
  folder: FolderNode,
  children: readonly FolderNode[],
  train: SplitCandidate,
  classes: FolderNode,
  context: DetectionContext,
): DetectedLayout | undefined {
  const {root} = context;
  const [detected, others] = [
    folderNames(nonEmptySubfolders(classes)),
    children.filter(child => child !== train.folder),
  ];
  if (detected.length < 2) return undefined;
  const interpretations: LayoutInterpretation[] = [
    {
      meaning: `the classes are ${detected.slice(0, 3).join(', ')}`,
      options: formatFolderOptions(root, {data: relativePrefix(classes, context)}),
    },
    {
      meaning: `${train.folder.name} is a class`,
      options: formatClassOptions(root, relativePrefix(folder, context), folderNames(children)),
    },
  ];
  return {
    kind: 'ambiguous',
    problem: `${train.folder.prefix} may be the images for training next to ${joinNames(others)}, or a class.`,
    interpretations,
  };
}

/** Reports split folders without one for training. */
export function missingTrainFolder(
  children: readonly FolderNode[],
  candidates: readonly SplitCandidate[],
  context: DetectionContext,
): DetectedLayout | undefined {
  const areOneSplit =
    candidates.length === children.length && new Set(candidates.map(({rest}) => rest)).size === 1;
  if (!areOneSplit || new Set(candidates.map(({split}) => split)).size < 2) return undefined;
  const problem = `${context.root} has ${joinNames(children)} and no folder for training.`;
  const usable = children.filter(
    child => context.detect(child, {...context, split: 'test'}).kind === 'classes',
  );
  if (usable.length === 0) return {kind: 'unlabeled', problem};
  const interpretations = usable.map(child => ({
    meaning: `the images of ${child.name}`,
    options: formatFolderOptions(context.root, {data: relativeClassPrefix(child, context)}),
  }));
  return {kind: 'ambiguous', problem, interpretations};
}

export function ambiguousTrainFolders(
  trainCandidates: readonly SplitCandidate[],
  context: DetectionContext,
): DetectedLayout {
  const folders = trainCandidates.map(({folder}) => folder);
  const usable = folders.filter(
    folder => context.detect(folder, {...context, split: 'train'}).kind === 'classes',
  );
  const problem = `${context.root} has several folders for training: ${joinNames(folders)}.`;
  if (usable.length === 0)
    return {kind: 'unlabeled', problem: `${problem} They hold images and no class folders.`};
  const interpretations = usable.map(folder => ({
    meaning: `train on ${folder.name}`,
    options: formatFolderOptions(context.root, {data: relativeClassPrefix(folder, context)}),
  }));
  return {kind: 'ambiguous', problem, interpretations};
}

/** Location of the classes in a folder, relative to the root; the folder itself if that is unclear. */
function relativeClassPrefix(folder: FolderNode, context: DetectionContext): string {
  const detected = context.detect(folder, {...context, split: 'train'});
  return relativePrefix(detected.kind === 'classes' ? detected.folder : folder, context);
}
