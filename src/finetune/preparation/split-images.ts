import {UsageError} from '../../core/errors.js';
import {duplicateFindings} from '../../datasets/inspection/duplicate-findings.js';
import type {ImageFolder, Sample} from '../../datasets/sample.js';
import type {Fold} from '../../datasets/splitting/assign-groups.js';
import {readSplit} from '../../datasets/splitting/split-file.js';
import {assertSplittable, planSplit, type SplitOptions} from '../../datasets/splitting/split.js';
import type {Split} from '../../datasets/splitting/splits.js';
import type {DecodedImages} from '../folds/folds-share.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';

/** Options of a recipe that determine the split of each image. */
type SplitSettings = Pick<Recipe, 'groupBy' | 'fold' | 'splitFile' | 'testSplit' | 'seed'> &
  Partial<Pick<Recipe, 'valSplit'>>;

/** @param text fold that matches the option's schema, such as 2/5; @throws UsageError */
function parseFold(text: string, splitFile: string | undefined): Fold {
  if (splitFile !== undefined)
    throw new UsageError(
      `--fold ${text} and --split-file both say what to validate on. Leave out one.`,
    );
  const [number, of] = text.split('/').map(Number) as [number, number];
  if (of < 2 || number > of)
    throw new UsageError(
      `--fold ${text} is not a fold. Give one such as 2/5, counted from 1, of 2 folds at least.`,
    );
  return {number, of};
}

const splitOptions = ({
  groupBy,
  fold,
  splitFile,
  valSplit,
  testSplit,
  seed,
}: SplitSettings): SplitOptions => ({
  groupBy,
  testSplit,
  seed,
  ...(valSplit !== undefined && {valSplit}),
  ...(fold !== undefined && {fold: parseFold(fold, splitFile)}),
});

/**
 * Validates the split options by file names alone, before any image is decoded.
 * @throws UsageError for a fold that does not exist or is combined with a split file; GroupByError, FoldError, TooManyFoldsError
 */
export const validateSplitOptions = (folder: ImageFolder, settings: SplitSettings): void =>
  assertSplittable(folder, splitOptions(settings));

const countPerClass = (samples: readonly Sample[], classes: number): Uint32Array => {
  const counts = new Uint32Array(classes);
  for (const {label} of samples) counts[label]!++;
  return counts;
};

/** Number of images of each split, in all and per class. */
function describeSplit({train, validation, test, classNames}: Split) {
  const [inTrain, inValidation, inTest] = [train, validation, test].map(samples =>
    countPerClass(samples, classNames.length),
  ) as [Uint32Array, Uint32Array, Uint32Array];
  const perClass = classNames.map((name, i) => ({
    ...{name, train: inTrain[i]!, validation: inValidation[i]!, test: inTest[i]!},
  }));
  return {train: train.length, validation: validation.length, test: test.length, perClass};
}

/** Splits the decoded images, or reads their split from a file, and reports findings. */
export async function splitImages(
  folder: ImageFolder,
  {cache, duplicates: {duplicateGroup, findings}}: DecodedImages,
  recipe: Recipe,
  run: RunContext,
): Promise<Split> {
  [...cache.findings, ...findings].forEach(finding => run.addFinding(finding));
  const split =
    recipe.splitFile === undefined
      ? planSplit(folder, cache, {...splitOptions(recipe), groupKeys: [duplicateGroup]})
      : await readSplit(recipe.splitFile, folder, cache);
  const duplicates = duplicateFindings(split, split.classNames, {...cache, duplicateGroup});
  [...split.findings, ...duplicates].forEach(finding => run.addFinding(finding));
  run.emit({type: 'split', ...describeSplit(split)});
  return split;
}
