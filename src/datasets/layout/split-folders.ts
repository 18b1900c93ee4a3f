import {ambiguousTrainFolders, loneTrainFolder, missingTrainFolder} from './ambiguous-splits.js';
import {combineSplits} from './combine-splits.js';
import {
  folderNames,
  joinNames,
  relativePrefix,
  type DetectedLayout,
  type DetectionContext,
  type SplitCandidate,
  type SplitFolders,
} from './detected-layout.js';
import {nonEmptySubfolders, type FolderNode} from './folder-tree.js';
import {formatFolderOptions} from './layout-error.js';
import {parseSplitName} from './split-names.js';

const toCandidates = (folder: FolderNode): SplitCandidate[] => {
  const name = parseSplitName(folder.name);
  return name === undefined ? [] : [{...name, folder}];
};

/** Whether two folder names belong to the same dataset: `train` and `val`, `seg_train` and `seg_test`. */
const belongTogether = (a: SplitCandidate, b: SplitCandidate): boolean =>
  a.split !== b.split && a.rest === b.rest;

/** Finds split folders; undefined if the names or contents of the folders indicate classes. */
export function findSplits(
  folder: FolderNode,
  children: readonly FolderNode[],
  context: DetectionContext,
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
  const detected = context.detect(train.folder, {...context, split: 'train'});
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

/** Layout of training images without class folders; undefined if the name is that of a class. */
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

/** Whether two folders hold the same classes, although their names do not belong together: `seg_train` and `test`. */
function sharesClasses(a: FolderNode, b: FolderNode): boolean {
  const names = new Set(folderNames(nonEmptySubfolders(a)));
  const shared = nonEmptySubfolders(b).filter(({name}) => names.has(name)).length;
  return shared > 1 && 2 * shared >= names.size;
}
