import {validate} from '../../core/schema.js';
import type {LastStage} from '../../backbones/resnet-specs.js';
import {toObjectSchema} from '../options/option.js';
import {selectOptions, type FilledValues, type GivenValues} from '../options/options.js';
import type {Phase} from './phases.js';

export type {Phase};

/** Options that a resolved recipe replaces by `phases`. */
export const SCHEDULE_KEYS = ['freeze', 'epochs', 'lr'] as const;

/**
 * A resolved recipe with every effective value. A run stores it as `recipe.json`, which `--recipe` accepts. docs/options.md describes the
 * options.
 *
 * @example
 * const recipe: Recipe = resolveRecipe({}, folder);
 * await finetune(folder, {...recipe, seed: 7});
 */
export interface Recipe extends Omit<
  FilledValues<'recipe'>,
  (typeof SCHEDULE_KEYS)[number] | 'lastStage'
> {
  readonly phases: readonly Phase[];
  readonly lastStage: LastStage;
}

/**
 * Partial recipe. The schedule is either named, with the epochs and learning rate of its last phase, or a list of phases.
 *
 * @example
 * const input: RecipeInput = {arch: 'resnet34', optimizer: 'lion', epochs: 10, lr: 3e-5};
 * const recipe = resolveRecipe(input, folder);
 */
export interface RecipeInput extends GivenValues<'recipe'> {}

/** Recipe options by key. */
export const RECIPE_OPTIONS = selectOptions(({scope}) => scope === 'recipe');
export const recipeSchema = toObjectSchema(RECIPE_OPTIONS);

/** @throws SchemaError (exit 2) with one sentence per unknown or out-of-range key, and the nearest known key */
export const checkRecipeInput = (document: unknown, what: string): RecipeInput =>
  validate<RecipeInput>(recipeSchema, document, what);
