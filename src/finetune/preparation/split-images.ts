import {UsageError} from '../../core/errors.js';
import {duplicateFindings} from '../../datasets/inspection/duplicate-findings.js';
import type {ImageFolder} from '../../datasets/sample.js';
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
  const [train, validation, test] = [split.train, split.validation, split.test].map(
    ({length}) => length,
  ) as [number, number, number];
  run.emit({type: 'split', train, validation, test});
  return split;
}
