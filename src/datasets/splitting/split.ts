import type {ReadableImages, Split, Splits} from './splits.js';
import {defineError, DatasetError, UsageError} from '../../core/errors.js';
import {createRng} from '../../core/rng.js';
import {assignGroups, type SplitRatios, type Fold, type Group} from './assign-groups.js';
import {assertFoldsPossible} from './foldable.js';
import {groupBy} from '../../core/group-by.js';
import {connectedComponents} from '../duplicates/disjoint-set.js';
import {everySample} from '../discovery/image-folder.js';
import type {ImageFolder, Sample} from '../sample.js';
import {splitFindings} from './split-findings.js';
import {createGrouping, groupLeakageFindings} from './split-groups.js';

/** Options for splitting a folder. */
export interface SplitOptions {
  /** Fraction of each class for validation, 0..1, if the folder has no validation split of its own. Default: 0.2. */
  readonly valSplit?: number;
  /** Fraction of each class for testing, 0..1, if the folder has no test split of its own. Default: 0. */
  readonly testSplit?: number;
  readonly seed: number;
  /** One fold of a cross-validation, which validates on every image once. `valSplit` is ignored. */
  readonly fold?: Fold;
  /** Additional groups that stay in one split: `folder:DEPTH`, or a regular expression with a capture group for names. */
  readonly groupBy?: string;
  /** Keys of a sample. Samples that share a key, such as near-duplicates, stay in one split. Exact duplicates always do. */
  readonly groupKeys?: readonly ((sample: Sample) => string)[];
}

/** Thrown if a split has no validation images. */
export class NoValidationImagesError extends defineError(
  DatasetError,
  'NO_VALIDATION_IMAGES',
  ({root}: {root: string}) =>
    `${root} has no image to spare for validation. ` +
    'Add images (2 different ones in a class are the least), set --val-split above 0, or give --val-data.',
) {}

/** Thrown for folds of a folder that has its own validation split. */
export class FoldError extends defineError(
  UsageError,
  'FOLDS_CONFLICT',
  ({root}: {root: string}) =>
    `${root} has validation images of its own, next to those for training, and --folds divides the images itself. ` +
    'Put all into one folder a class, or train without --folds.',
) {}

/** Thrown if all images of a class are for validation or test. */
export class NoTrainingImagesError extends defineError(
  DatasetError,
  'NO_TRAINING_IMAGES',
  ({root, className}: {root: string; className: string}) =>
    `Class ${className} in ${root} has no image for training: its files cannot be read, or are also for validation or test. ` +
    'Add others to train on.',
) {}

/**
 * Splits a folder into training, validation and test, stratified by class. The folder's own splits are kept. The rest is assigned by
 * `seed`, and groups stay together. If a file is in two of the folder's splits, the training copy is skipped first, then the validation
 * copy.
 *
 * @throws NoValidationImagesError, NoTrainingImagesError; GroupByError; FoldError for a fold of a folder with its own validation images;
 *   TooManyFoldsError if a class has fewer groups than there are folds
 */
export function planSplit(
  folder: ImageFolder,
  contents: ReadableImages,
  options: SplitOptions,
): Split {
  const {groupOf, findings} = createGrouping(options.groupBy ?? 'exact-duplicates', folder.samples);
  if (options.fold !== undefined) assertFoldable(folder);
  const {groupKeys = [], seed} = options;
  const {splits, skipped} = fillSplits(folder, contents, {
    ...options,
    groupKeys: groupOf === undefined ? groupKeys : [...groupKeys, groupOf],
  });
  assertUsable(folder, splits);
  const hashes = Object.values(splits)
    .flat()
    .map(sample => [sample.name, contents.contentHash(sample)] as const);
  return {
    ...splits,
    skipped,
    findings: [
      ...findings,
      ...(groupOf === undefined ? [] : groupLeakageFindings(folder, groupOf)),
      ...splitFindings(folder, splits, skipped, contents),
    ],
    classNames: folder.classNames,
    seed,
    hashes: new Map(hashes),
  };
}

/** Combines the folder's own splits with the assigned images. Also returns the reason for each skipped image, by name. */
function fillSplits(
  folder: ImageFolder,
  contents: ReadableImages,
  {
    valSplit = 0.2,
    testSplit = 0,
    seed,
    fold,
    groupKeys,
  }: SplitOptions & Required<Pick<SplitOptions, 'groupKeys'>>,
): {splits: Splits; skipped: Map<string, string>} {
  const readable = new Set(contents.samples.map(({name}) => name));
  const isReadable = ({name}: Sample): boolean => readable.has(name);
  const unreadable = everySample(folder).filter(sample => !isReadable(sample));
  const skipped = new Map(unreadable.map(({name}) => [name, 'it cannot be read']));
  const withoutDuplicates = (kept: readonly Sample[], samples: readonly Sample[] = []): Sample[] =>
    excludeDuplicates(samples.filter(isReadable), kept, contents, skipped);
  const test = (folder.test ?? []).filter(isReadable);
  const validation = withoutDuplicates(test, folder.validation);
  const free = withoutDuplicates([...validation, ...test], folder.samples);
  const assigned = assignSplits(free, contents, folder, {
    validation: folder.validation === undefined ? valSplit : 0,
    test: folder.test === undefined ? testSplit : 0,
    seed,
    groupKeys,
    ...(fold && {fold}),
  });
  const splits = {
    train: assigned.train,
    validation: [...validation, ...assigned.validation],
    test: [...test, ...assigned.test],
  };
  return {splits, skipped};
}

function excludeDuplicates(
  samples: readonly Sample[],
  others: readonly Sample[],
  contents: ReadableImages,
  skipped: Map<string, string>,
): Sample[] {
  const originals = new Map(others.map(sample => [contents.contentHash(sample), sample.name]));
  return samples.filter(sample => {
    const original = originals.get(contents.contentHash(sample));
    if (original !== undefined) skipped.set(sample.name, `it is the same file as ${original}`);
    return original === undefined;
  });
}

/** Groups samples that share a key or the same bytes. */
function groupSamples(
  samples: readonly Sample[],
  contents: ReadableImages,
  groupKeys: Required<SplitOptions>['groupKeys'],
): Group[] {
  const hashOf = (sample: Sample): string => contents.contentHash(sample);
  return connectedComponents(samples, hashOf, ...groupKeys).map(group => {
    const hashes = new Set(group.map(hashOf));
    return {
      samples: group,
      size: hashes.size,
      hash: [...hashes].reduce((smallest, hash) => (hash < smallest ? hash : smallest)),
    };
  });
}

/**
 * Assigns groups to splits by class. A group of several classes is assigned with the rarest of them, which would otherwise be left to
 * chance. The order of a group depends only on the seed and its bytes: images added to a class leave nearly all others in place.
 */
function assignSplits(
  samples: readonly Sample[],
  contents: ReadableImages,
  {root, classNames}: ImageFolder,
  ratios: SplitRatios & Required<Pick<SplitOptions, 'seed' | 'groupKeys'>>,
): Splits {
  const sizes = classNames.map(() => 0);
  for (const {label} of samples) sizes[label]!++;
  const rarer = (a: number, b: number): number => ((sizes[a]! - sizes[b]! || a - b) < 0 ? a : b);
  const rarest = ({samples: [first, ...others]}: Group): number =>
    others.reduce((found, {label}) => rarer(label, found), first!.label);
  const byClass = groupBy(groupSamples(samples, contents, ratios.groupKeys), rarest);
  const assigned = classNames.map((className, label) => {
    const groups = shuffleByHash(byClass.get(label) ?? [], ({hash}) =>
      createRng(ratios.seed, 'split', className, hash).next(),
    );
    return assignGroups(groups, ratios, label);
  });
  if (ratios.fold !== undefined) {
    const foldGroups = assigned.flatMap(({train, validation}) => [...train, ...validation]);
    assertFoldsPossible(root, classNames, foldGroups, ratios.fold.of);
  }
  const collect = (name: keyof Splits): Sample[] =>
    sortSamples(assigned.flatMap(ofClass => ofClass[name].flatMap(group => group.samples)));
  return {train: collect('train'), validation: collect('validation'), test: collect('test')};
}

function shuffleByHash<Item>(items: readonly Item[], keyOf: (item: Item) => number): Item[] {
  const keys = new Map(items.map(item => [item, keyOf(item)]));
  return items.toSorted((a, b) => keys.get(a)! - keys.get(b)!);
}

const sortSamples = (samples: Sample[]): Sample[] =>
  samples.sort((a, b) => a.label - b.label || (a.name < b.name ? -1 : 1));

/** @throws FoldError for a folder with its own validation split */
function assertFoldable({root, validation}: ImageFolder): void {
  if (validation !== undefined) throw new FoldError({root});
}

/**
 * Checks the options by the names of the images alone, before any image is decoded.
 * @throws GroupByError, FoldError, TooManyFoldsError
 */
export function assertSplittable(folder: ImageFolder, options: SplitOptions): void {
  const {groupBy: criterion = 'exact-duplicates', fold, testSplit, seed} = options;
  const {groupOf} = createGrouping(criterion, folder.samples);
  if (fold === undefined) return;
  // Uses the listed images: folds that are impossible by name remain impossible with fewer images.
  const listed = {samples: everySample(folder), contentHash: ({name}: Sample) => name};
  planSplit(folder, listed, {
    seed,
    fold,
    groupBy: criterion,
    ...(groupOf === undefined && testSplit !== undefined && {testSplit}),
  });
}

/** @throws NoValidationImagesError, NoTrainingImagesError */
export function assertUsable({root, classNames}: ImageFolder, {train, validation}: Splits): void {
  const trained = new Set(train.map(({label}) => label));
  const untrained = classNames.find((_, label) => !trained.has(label));
  if (untrained !== undefined) throw new NoTrainingImagesError({root, className: untrained});
  if (validation.length === 0) throw new NoValidationImagesError({root});
}
