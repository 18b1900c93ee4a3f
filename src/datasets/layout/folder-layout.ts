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

/** Location of the class folders. */
export interface FolderLayout {
  readonly layout: 'classes' | 'splits';
  /** Prefixes of the file names: `''`, `'train/'`. */
  readonly prefixes: {readonly train: string; readonly validation?: string; readonly test?: string};
  readonly unused: readonly UnusedFolder[];
  /** Clauses that explain the interpretation; none for standard layouts. */
  readonly reasons: readonly string[];
}

/** Interpretations of a folder that is for one split: only those with a single option apply. */
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

/** Converts the detected split folders to a layout. For a folder of one split, only that split is used. */
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
 * Finds the class folders of a dataset: in the folder itself, or in one folder per split. Both may be nested in other folders.
 *
 * @throws LayoutError (exit 3) if the layout is ambiguous, with the options that resolve it; UnlabeledImagesError if there are no class
 *   folders
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
