import {
  CALLBACK,
  checkArgument,
  checkOptions,
  BOOLEAN,
  objectWith,
  PATH,
  OBJECT,
  ABORT_SIGNAL,
  integerFrom,
  type ArgumentKind,
  type OptionKinds,
} from '../core/arguments.js';
import {checkFolder} from '../datasets/discovery/folder-arguments.js';
import {DEVICE_KIND, BACKEND_KIND} from '../backend/runtime/backend-options.js';
import type {FinetuneOptions} from './finetune-options.js';
import {checkLearningRates} from '../backbones/layer-groups.js';
import {keysOf} from './options/options.js';
import {checkRecipeInput, SCHEDULE_KEYS, type Recipe} from './recipe/recipe.js';
import {checkTrackingUri} from './tracking/mlflow-settings.js';

/** Options of a run that writes nothing. */
export const COMPUTE_OPTIONS = {
  onEvent: CALLBACK,
  signal: ABORT_SIGNAL,
  backend: BACKEND_KIND,
  device: DEVICE_KIND,
  offline: BOOLEAN,
  install: BOOLEAN,
  workers: integerFrom(1),
};

const OPTIONS: OptionKinds<FinetuneOptions> = {
  ...COMPUTE_OPTIONS,
  ...{out: PATH, overwrite: BOOLEAN, resume: BOOLEAN, settings: OBJECT, mlflow: OBJECT},
  sharedData: objectWith('what crossValidate() makes', ['images', 'pool', 'begin']),
};

/** Keys that every resolved recipe has. */
const REQUIRED_KEYS = keysOf(
  ({scope, default: value, isRecommended}, key) =>
    scope === 'recipe' &&
    (value !== undefined || isRecommended === true) &&
    !(SCHEDULE_KEYS as readonly string[]).includes(key),
);

const RECIPE: ArgumentKind = {
  expected: 'what resolveRecipe() returned',
  accepts: value => {
    const recipe = Object(value) as Readonly<Record<string, unknown>>;
    return (
      [...REQUIRED_KEYS].every(key => recipe[key] !== undefined) && Array.isArray(recipe.phases)
    );
  },
};

/** @throws ArgumentError; SchemaError and UsageError for values that were changed after the recipe was resolved */
export function checkFinetuneArguments(
  folder: unknown,
  recipe: unknown,
  options: unknown,
  caller = 'finetune()',
  optionKinds: Readonly<Record<string, ArgumentKind>> = OPTIONS,
): void {
  checkFolder(caller, folder);
  checkArgument(caller, 'recipe', recipe, RECIPE);
  checkRecipeInput(recipe, `Recipe of ${caller}`);
  const {phases, lastStage} = recipe as Recipe;
  for (const {name, learningRates} of phases) checkLearningRates(name, learningRates, lastStage);
  checkOptions(caller, options, optionKinds);
  const {mlflow} = Object(options) as FinetuneOptions;
  if (mlflow !== undefined) checkTrackingUri(String(mlflow.trackingUri));
}
