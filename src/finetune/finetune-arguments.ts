import {
  CALLBACK,
  checkArgument,
  checkOptions,
  FLAG,
  having,
  PATH,
  RECORD,
  SIGNAL,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../core/arguments.js';
import {checkFolder} from '../datasets/folder-arguments.js';
import {DEVICE_KIND, ENGINE_KIND} from '../engine/engine-request.js';
import type {FinetuneOptions} from './finetune.js';
import {checkRates} from '../backbones/layer-groups.js';
import {checkRecipeInput, type Recipe} from './recipe.js';
import {recipeSchema} from './recipe-schema.js';

const OPTIONS: Kinds<FinetuneOptions> = {
  ...{onEvent: CALLBACK, signal: SIGNAL, out: PATH, overwrite: FLAG, resume: FLAG},
  ...{engine: ENGINE_KIND, device: DEVICE_KIND, offline: FLAG, workers: wholeFrom(1), settings: RECORD},
  share: having('what crossValidate() makes', ['images', 'pool', 'begin']),
};

/** Keys of every recipe: what a person may leave out of one is resolved, but for these. */
const ABSENT = ['imageSize', 'fold', 'split', 'cacheMemory', 'cacheDisk', 'epochs', 'lr'];
const NEEDED = (Object.keys(recipeSchema.properties) as (keyof Recipe)[]).filter(key => !ABSENT.includes(key));

const RECIPE: Kind = {
  expected: 'what resolveRecipe() returned',
  accepts: value => {
    const recipe = Object(value) as Partial<Recipe>;
    return NEEDED.every(key => recipe[key] !== undefined) && Array.isArray(recipe.freeze);
  },
};

/** @throws ArgumentError; SchemaError and UsageError for values that were changed since the recipe was resolved */
export function checkFinetuneArguments(folder: unknown, recipe: unknown, options: unknown, caller = 'finetune()'): void {
  checkFolder(caller, folder);
  checkArgument(caller, 'recipe', recipe, RECIPE);
  checkRecipeInput(recipe, `Recipe of ${caller}`);
  const {freeze, lastStage} = recipe as Recipe;
  for (const {name, rates} of freeze) checkRates(name, rates, lastStage);
  checkOptions(caller, options, OPTIONS);
}
