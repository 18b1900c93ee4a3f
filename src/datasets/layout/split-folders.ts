import {
  detectLayout,
  folderNames,
  relativePrefix,
  type DetectedLayout,
  type LayoutContext,
  type UnusedFolder,
} from './folder-layout.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {
  formatFolderOptions,
  formatClassOptions,
  type LayoutInterpretation,
} from './layout-error.js';
import {parseSplitName, type SplitName, type ParsedSplitName} from './split-names.js';

/** Class folders of each split. */
export interface SplitFolders {
  readonly train: FolderNode;
  readonly validation?: FolderNode;
  readonly test?: FolderNode;
}

/** A folder that is named like a split. */
interface SplitCandidate extends ParsedSplitName {
  readonly folder: FolderNode;
}

const toCandidates = (folder: FolderNode): SplitCandidate[] => {
  const name = parseSplitName(folder.name);
  return name === undefined ? [] : [{...name, folder}];
};

/** Whether names say that folders belong to one split: `train` and `val`, `seg_train` and `seg_test`. */
const belongTogether = (a: SplitCandidate, b: SplitCandidate): boolean =>
  a.split !== b.split && a.rest === b.rest;

/** The option for the images of a split. */
export const SPLIT_OPTIONS: Readonly<Record<SplitName, string>> = {
  train: 'data',
  validation: 'val-data',
  test: 'test-data',
};

const joinNames = (folders: readonly FolderNode[]): string => folderNames(folders).join(' and ');

/** Splits among folders: undefined where their names or what they hold say that they are classes. */
export function findSplits(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: LayoutContext,
): DetectedLayout | undefined {
  const candidates = children.flatMap(toCandidates);
  const [trainCandidates, others] = [
    candidates.filter(({split}) => split === 'train'),
    candidates.filter(({split}) => split !== 'train'),
  ];
  const paired = trainCandidates.filter(train =>
    others.some(other => belongTogether(train, other)),
  );
  const eligible = paired.length > 0 ? paired : trainCandidates.filter(({rest}) => rest === '');
  const unprefixed = eligible.filter(({rest}) => rest === '');
  const chosen = unprefixed.length === 1 ? unprefixed : eligible;
  if (chosen.length > 1) return ambiguousTrainFolders(chosen, context);
  const [train] = chosen;
  if (train === undefined) return missingTrainFolder(children, candidates, context);
  const partners = others.filter(
    other =>
      belongTogether(train, other) ||
      other.rest === '' ||
      sharesClasses(train.folder, other.folder),
  );
  const detected = detectLayout(train.folder, {...context, split: 'train'});
  switch (detected.kind) {
    case 'classes':
      if (detected.folder.directImages > 0 && nonEmptySubfolders(detected.folder).length < 2)
        return unlabeledLayout(children, train, partners);
      return partners.length === 0
        ? loneTrainFolder(folder, children, train, detected.folder, context)
        : combineSplits(children, train, detected, partners, context);
    case 'splits': {
      const problem = `${relativePrefix(train.folder, context)} in ${context.root} holds folders of a split itself.`;
      const options = formatFolderOptions(context.root, {
        data: relativePrefix(train.folder, context),
      });
      return {
        kind: 'ambiguous',
        problem,
        interpretations: [{meaning: 'only what is in it', options}],
      };
    }
    case 'ambiguous':
      return detected;
    default:
      return unlabeledLayout(children, train, partners);
  }
}

/** Images for training without class folders; undefined where the name is a class's. */
function unlabeledLayout(
  children: readonly FolderNode[],
  train: SplitCandidate,
  partners: readonly SplitCandidate[],
): DetectedLayout | undefined {
  if (train.rest === '' && partners.length + 1 < children.length) return undefined;
  return {
    kind: 'unlabeled',
    problem: `${joinNames([train, ...partners].map(candidate => candidate.folder))} hold images and no class folders.`,
    ...toFlatSplits(train, partners),
  };
}

const toFlatSplits = (
  train: SplitCandidate,
  partners: readonly SplitCandidate[],
): {splits: SplitFolders} => ({
  splits: {
    train: train.folder,
    ...Object.fromEntries(partners.map(({split, folder}) => [split, folder])),
  },
});

/** `seg_train` and `test`: names that do not belong together, of folders that hold the same. */
function sharesClasses(a: FolderNode, b: FolderNode): boolean {
  const names = new Set(folderNames(nonEmptySubfolders(a)));
  const shared = nonEmptySubfolders(b).filter(({name}) => names.has(name)).length;
  return shared > 1 && 2 * shared >= names.size;
}

/** A folder `train` among others that are no splits: a class, or the only split. */
function loneTrainFolder(
  folder: FolderNode,
  children: readonly FolderNode[],
  train: SplitCandidate,
  classes: FolderNode,
  context: LayoutContext,
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

/** Folders of which none is for training. */
function missingTrainFolder(
  children: readonly FolderNode[],
  candidates: readonly SplitCandidate[],
  context: LayoutContext,
): DetectedLayout | undefined {
  const areOneSplit =
    candidates.length === children.length && new Set(candidates.map(({rest}) => rest)).size === 1;
  if (!areOneSplit || new Set(candidates.map(({split}) => split)).size < 2) return undefined;
  const problem = `${context.root} has ${joinNames(children)} and no folder for training.`;
  const usable = children.filter(
    child => detectLayout(child, {...context, split: 'test'}).kind === 'classes',
  );
  if (usable.length === 0) return {kind: 'unlabeled', problem};
  const interpretations = usable.map(child => ({
    meaning: `the images of ${child.name}`,
    options: formatFolderOptions(context.root, {data: relativeClassPrefix(child, context)}),
  }));
  return {kind: 'ambiguous', problem, interpretations};
}

function ambiguousTrainFolders(
  trainCandidates: readonly SplitCandidate[],
  context: LayoutContext,
): DetectedLayout {
  const folders = trainCandidates.map(({folder}) => folder);
  const usable = folders.filter(
    folder => detectLayout(folder, {...context, split: 'train'}).kind === 'classes',
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

/** Where the classes of a folder are, relative to the root; the folder itself where that is unclear. */
function relativeClassPrefix(folder: FolderNode, context: LayoutContext): string {
  const detected = detectLayout(folder, {...context, split: 'train'});
  return relativePrefix(detected.kind === 'classes' ? detected.folder : folder, context);
}

/** Training with what belongs to it. */
function combineSplits(
  children: readonly FolderNode[],
  train: SplitCandidate,
  detected: DetectedLayout & {kind: 'classes'},
  partners: readonly SplitCandidate[],
  context: LayoutContext,
): DetectedLayout {
  const knownClasses = new Set(
    folderNames(nonEmptySubfolders(detected.folder)).map(name => name.normalize('NFC')),
  );
  const evaluationFolders = partners.flatMap(({split, folder}) => {
    const classes =
      split === 'unlabeled' ? undefined : detectLayout(folder, {...context, knownClasses, split});
    return classes?.kind === 'classes' && split !== 'unlabeled' && split !== 'train'
      ? [{split, folder, classes: classes.folder}]
      : [];
  });
  const [validations, tests] = (['validation', 'test'] as const).map(split =>
    evaluationFolders.filter(candidate => candidate.split === split),
  );
  const repeatedSplit = [validations!, tests!].find(({length}) => length > 1);
  if (repeatedSplit !== undefined) {
    const interpretations = repeatedSplit.map(({split, folder, classes}) => ({
      meaning: `${folder.name} for ${split}`,
      options: formatFolderOptions(context.root, {
        data: relativePrefix(detected.folder, context),
        [SPLIT_OPTIONS[split]]: relativePrefix(classes, context),
      }),
    }));
    return {
      kind: 'ambiguous',
      problem: `${context.root} has several folders for ${repeatedSplit[0]!.split}: ${joinNames(repeatedSplit.map(({folder}) => folder))}.`,
      interpretations,
    };
  }
  const [validation, test] = [validations![0], tests![0]];
  const used = new Set([train.folder, ...evaluationFolders.map(({folder}) => folder)]);
  const splits = {
    train: detected.folder,
    ...(validation && {validation: validation.classes}),
    ...(test && {test: test.classes}),
  };
  const unused = children.filter(child => !used.has(child)).map(child => toUnusedFolder(child));
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

/** What is not plain from names that everybody uses. */
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

const STANDARD_NAME = /^(?:train|training|val|valid|validation|test|testing)$/i;
