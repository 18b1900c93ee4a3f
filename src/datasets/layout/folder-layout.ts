import {annotationRemedy} from './annotations.js';
import {detectLayout} from './detect-layout.js';
import {
  SPLIT_OPTIONS,
  type DetectedLayout,
  type LayoutContext,
  type SplitFolders,
  type UnusedFolder,
} from './detected-layout.js';
import {LayoutError, UnlabeledImagesError, type LayoutInterpretation} from './layout-error.js';
import type {SplitName} from './split-names.js';

/** Where the class folders are. */
export interface FolderLayout {
  readonly layout: 'classes' | 'splits';
  /** What the names of their files begin with: `''`, `'train/'`. */
  readonly prefixes: {readonly train: string; readonly validation?: string; readonly test?: string};
  readonly unused: readonly UnusedFolder[];
  /** Clauses on why it was read so; none for what goes without saying. */
  readonly reasons: readonly string[];
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

/** The folders of splits that were found; of a folder that is for one split, that split's only. */
function toSplitsLayout(
  {splits, unused, reasons}: DetectedLayout & {kind: 'splits'},
  {root, split}: LayoutContext,
): FolderLayout {
  if (split === undefined) {
    const {train, validation, test} = splits;
    const prefixes = {
      train: train.prefix,
      ...(validation && {validation: validation.prefix}),
      ...(test && {test: test.prefix}),
    };
    return {layout: 'splits', prefixes, unused, reasons};
  }
  const splitFolder = splits[split];
  if (splitFolder === undefined)
    throw new LayoutError(
      {path: root, interpretations: []},
      {problem: `${root} has folders of a split and none for ${split}.`},
    );
  return {
    layout: 'classes',
    prefixes: {train: splitFolder.prefix},
    unused: [],
    reasons: [`it is for ${split}`],
  };
}

function unlabeledImagesError(
  {splits = {}, problem}: {splits?: Partial<SplitFolders>; problem?: string},
  {root, rootFolder, otherFiles}: LayoutContext,
): UnlabeledImagesError {
  const prefixes = Object.fromEntries(
    Object.entries(splits).map(([name, {prefix}]) => [name, prefix]),
  );
  const remedy =
    annotationRemedy(root, rootFolder.prefix, otherFiles, prefixes) ??
    'Put the images of each class into a folder with its name, or give a list of images (.csv).';
  return new UnlabeledImagesError(
    {path: root, interpretations: []},
    {problem: problem ?? `${root} has images without class folders.`, remedy},
  );
}

/**
 * Tells where the class folders of a dataset are: in the folder itself, in a folder for each split, each perhaps within others.
 *
 * @throws LayoutError (exit 3) where that is not clear, with the options that say it; UnlabeledImagesError where there are none
 */
export function findLayout(context: LayoutContext): FolderLayout {
  const {root, rootFolder, split} = context;
  const detected = detectLayout(rootFolder, {...context, detect: detectLayout});
  switch (detected.kind) {
    case 'classes':
      return {
        layout: 'classes',
        prefixes: {train: detected.folder.prefix},
        unused: detected.unused,
        reasons: detected.reasons,
      };
    case 'splits':
      return toSplitsLayout(detected, context);
    case 'ambiguous': {
      const interpretations =
        split === undefined
          ? detected.interpretations
          : interpretationsForSplit(split, detected.interpretations);
      throw new LayoutError({path: root, interpretations}, {problem: detected.problem});
    }
    case 'unlabeled':
      throw unlabeledImagesError(detected, context);
    default:
      return {layout: 'classes', prefixes: {train: rootFolder.prefix}, unused: [], reasons: []};
  }
}
