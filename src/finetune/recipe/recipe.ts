import {validate} from '../../core/schema.js';
import {toObjectSchema} from '../options/option.js';
import {selectOptions, type FilledValues, type GivenValues} from '../options/options.js';
import type {Phase} from './phases.js';

export type {Phase};

/** Options that a resolved recipe has as `phases`. */
export const SCHEDULE_KEYS = ['freeze', 'epochs', 'lr'] as const;

/**
 * Every effective value; nothing implied. `recipe.json` of a run is this, and can be given back with `--recipe`.
 * docs/options.md says what each is.
 *
 * @example
 * const recipe: Recipe = resolveRecipe({}, folder);
 * await finetune(folder, {...recipe, seed: 7});
 */
export interface Recipe extends Omit<FilledValues<'recipe'>, (typeof SCHEDULE_KEYS)[number]> {
  readonly phases: readonly Phase[];
}

/**
 * Any part of a recipe: a schedule by name, with the epochs and the learning rate of its last phase; or the phases themselves.
 *
 * @example
 * const input: RecipeInput = {arch: 'resnet34', optimizer: 'lion', epochs: 10, lr: 3e-5};
 * const recipe = resolveRecipe(input, folder);
 */
export interface RecipeInput extends GivenValues<'recipe'> {}

/** Options of a recipe, by key. */
export const RECIPE_OPTIONS = selectOptions(({scope}) => scope === 'recipe');
export const recipeSchema = toObjectSchema(RECIPE_OPTIONS);

/** @throws SchemaError (exit 2), one sentence per key that is unknown or out of range, naming the nearest key */
export const checkRecipeInput = (document: unknown, what: string): RecipeInput =>
  validate<RecipeInput>(recipeSchema, document, what);
