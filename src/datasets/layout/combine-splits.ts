import {
  folderNames,
  joinNames,
  relativePrefix,
  SPLIT_OPTIONS,
  type DetectedLayout,
  type DetectionContext,
  type LayoutContext,
  type SplitCandidate,
  type UnusedFolder,
} from './detected-layout.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {formatFolderOptions} from './layout-error.js';
import {parseSplitName, type SplitName} from './split-names.js';

/** A folder for validation or test, and the folder that holds its classes. */
interface EvaluationFolder {
  readonly split: 'validation' | 'test';
  readonly folder: FolderNode;
  readonly classes: FolderNode;
}

/** The folders next to the training folder that have class folders for validation or test. */
function findEvaluationFolders(
  partners: readonly SplitCandidate[],
  trainClasses: FolderNode,
  context: DetectionContext,
): EvaluationFolder[] {
  const knownClasses = new Set(
    folderNames(nonEmptySubfolders(trainClasses)).map(name => name.normalize('NFC')),
  );
  return partners.flatMap(({split, folder}) => {
    if (split === 'unlabeled' || split === 'train') return [];
    const detected = context.detect(folder, {...context, knownClasses, split});
    return detected.kind === 'classes' ? [{split, folder, classes: detected.folder}] : [];
  });
}

/** Reports several folders for validation, or several for test. */
function ambiguousEvaluationFolders(
  folders: readonly EvaluationFolder[],
  trainClasses: FolderNode,
  context: LayoutContext,
): DetectedLayout {
  const interpretations = folders.map(({split, folder, classes}) => ({
    meaning: `${folder.name} for ${split}`,
    options: formatFolderOptions(context.root, {
      data: relativePrefix(trainClasses, context),
      [SPLIT_OPTIONS[split]]: relativePrefix(classes, context),
    }),
  }));
  return {
    kind: 'ambiguous',
    problem: `${context.root} has several folders for ${folders[0]!.split}: ${joinNames(folders.map(({folder}) => folder))}.`,
    interpretations,
  };
}

/** Combines the training folder with its validation and test folders. */
export function combineSplits(
  children: readonly FolderNode[],
  train: SplitCandidate,
  detected: DetectedLayout & {kind: 'classes'},
  partners: readonly SplitCandidate[],
  context: DetectionContext,
): DetectedLayout {
  const evaluationFolders = findEvaluationFolders(partners, detected.folder, context);
  const [validations, tests] = (['validation', 'test'] as const).map(split =>
    evaluationFolders.filter(candidate => candidate.split === split),
  );
  const repeatedSplit = [validations!, tests!].find(({length}) => length > 1);
  if (repeatedSplit !== undefined)
    return ambiguousEvaluationFolders(repeatedSplit, detected.folder, context);
  const [validation, test] = [validations![0], tests![0]];
  const used = new Set([train.folder, ...evaluationFolders.map(({folder}) => folder)]);
  const splits = {
    train: detected.folder,
    ...(validation && {validation: validation.classes}),
    ...(test && {test: test.classes}),
  };
  const unused = children.filter(child => !used.has(child)).map(toUnusedFolder);
  return {
    kind: 'splits',
    splits,
    unused: [...detected.unused, ...unused],
    reasons: [
      ...explainSplits(
        [{split: 'train', folder: train.folder, classes: splits.train}, ...evaluationFolders],
        context,
      ),
      ...detected.reasons.filter(reason => !reason.startsWith('all images')),
    ],
  };
}

function toUnusedFolder(folder: FolderNode): UnusedFolder {
  const isFlat =
    parseSplitName(folder.name) !== undefined &&
    (folder.directImages > 0 ||
      nonEmptySubfolders(folder).every(({directImages: direct}) => direct > 0));
  const reason = isFlat
    ? `${folder.name} has no class folders: its images are unlabeled`
    : `${folder.name} is neither for training, validation nor test`;
  return {prefix: folder.prefix, reason};
}

const STANDARD_NAME = /^(?:train|training|val|valid|validation|test|testing)$/i;

/** Explains which folder is used for what, unless all have standard names. */
function explainSplits(
  assignments: readonly {split: SplitName; folder: FolderNode; classes: FolderNode}[],
  context: LayoutContext,
): string[] {
  const areStandard = assignments.every(
    ({folder, classes}) =>
      relativePrefix(classes, context) === `${folder.name}/` && STANDARD_NAME.test(folder.name),
  );
  if (areStandard) return [];
  const purposes = {train: 'training', validation: 'validation', test: 'test'};
  return [
    assignments
      .map(({split, classes}) => `${relativePrefix(classes, context)} is for ${purposes[split]}`)
      .join(', '),
  ];
}
