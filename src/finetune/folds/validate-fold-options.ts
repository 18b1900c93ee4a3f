import {UsageError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {OPTIONS} from '../options/options.js';
import {validateSplitOptions} from '../preparation/split-images.js';
import type {RecipeInput} from '../recipe/recipe.js';

/**
 * Validates fold options as far as file names allow, before images are decoded.
 * @throws ArgumentError, UsageError for a recipe that defines its own validation images; FoldError, GroupByError, TooManyFoldsError
 */
export function validateFoldOptions(folder: ImageFolder, given: RecipeInput, folds: number): void {
  if (given.fold !== undefined)
    throw new UsageError(
      `--fold ${given.fold} is one fold alone, and --folds is all of them. Leave out one.`,
    );
  const {
    groupBy = OPTIONS.groupBy.default,
    testSplit = 0,
    seed = OPTIONS.seed.default,
    splitFile,
  } = given;
  validateSplitOptions(folder, {
    groupBy,
    testSplit,
    seed,
    fold: `1/${folds}`,
    ...(splitFile !== undefined && {splitFile}),
  });
}
