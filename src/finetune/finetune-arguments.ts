import {
  CALLBACK,
  checkArgument,
  checkOptions,
  FLAG,
  having,
  RECORD,
  SIGNAL,
  TEXT,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../core/arguments.js';
import {checkFolder} from '../datasets/folder-arguments.js';
import {DEVICE_KIND, ENGINE_KIND} from '../engine/engine-request.js';
import type {FinetuneOptions} from './finetune.js';
import type {Recipe} from './recipe.js';

const OPTIONS: Kinds<FinetuneOptions> = {
  ...{onEvent: CALLBACK, signal: SIGNAL, out: TEXT, overwrite: FLAG, resume: FLAG},
  ...{engine: ENGINE_KIND, device: DEVICE_KIND, offline: FLAG, workers: wholeFrom(1), settings: RECORD},
  share: having('what crossValidate() makes', ['images', 'pool', 'begin']),
};

const RECIPE: Kind = {
  expected: 'what resolveRecipe() returned',
  accepts: value => {
    const {arch, weights, freeze, batchSize} = Object(value) as Partial<Recipe>;
    return typeof arch === 'string' && typeof weights === 'string' && Array.isArray(freeze) && typeof batchSize === 'number';
  },
};

/** @throws ArgumentError */
export function checkFinetuneArguments(folder: unknown, recipe: unknown, options: unknown, caller = 'finetune()'): void {
  checkFolder(caller, folder);
  checkArgument(caller, 'recipe', recipe, RECIPE);
  checkOptions(caller, options, OPTIONS);
}
