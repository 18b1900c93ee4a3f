import {checkLearningRates} from '../../backbones/layer-groups.js';
import {checkOptions, BOOLEAN} from '../../core/arguments.js';
import {UsageError} from '../../core/errors.js';
import {hideCredentials} from '../../core/text/redact-url.js';
import {usableMemory} from '../../core/system-resources.js';
import {checkFolder} from '../../datasets/discovery/folder-arguments.js';
import {groupBy} from '../../core/group-by.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {largestBatchSize} from '../memory-need.js';
import {NAMED_SCHEDULES} from './phases.js';
import type {Phase, Recipe, RecipeInput, OptionOrigin} from './recipe.js';
import {checkRecipeInput} from './recipe.js';
import {recipeSchema, type FreezeSchedule} from './recipe-schema.js';
import {PROBE_UPDATES, recommend, recommendProbeEpochs, type DatasetStats} from './recommend.js';

/** Values from one place: the flags, the environment, a recipe file. */
export interface RecipeSource {
  readonly source: OptionOrigin;
  readonly values: RecipeInput;
}

/** A recipe with nothing implied, where each value came from, and why those that were recommended were. */
export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly sources: Readonly<Record<string, OptionOrigin>>;
  readonly reasons: readonly string[];
}

const defaults: RecipeInput = Object.fromEntries(
  Object.entries(recipeSchema.properties).flatMap(([key, property]) =>
    'default' in property ? [[key, property.default]] : [],
  ),
);

/** The head's rate on fixed features: nothing can be destroyed there, so it is high. */
const PROBE_LR = 3e-3;

function resolvePhases(values: Required<RecipeInput>, stats: DatasetStats): readonly Phase[] {
  const {freeze, lastStage, epochs, lr, batchSize} = values;
  if (typeof freeze !== 'string') return freeze;
  const only = freeze === 'probe';
  return NAMED_SCHEDULES[freeze as FreezeSchedule]({
    lastStage,
    probe: {
      epochs: only ? epochs : recommendProbeEpochs(stats, batchSize),
      lr: only ? lr : PROBE_LR,
    },
    main: {epochs, lr: lr},
    discriminative: stats.pretrained,
  });
}

/** Where nothing was said, a schedule that ends with the probe takes the probe's own numbers; a list of phases has its own. */
function recommendFor(given: RecipeInput, stats: DatasetStats): ReturnType<typeof recommend> {
  const {values, reasons} = recommend(stats);
  const schedule = given.freeze ?? values.freeze;
  const {epochs: _epochs, lr: _lr, ...others} = values;
  const otherReasons = [...reasons].filter(([key]) => key !== 'epochs');
  if (typeof schedule !== 'string') return {values: others, reasons: new Map(otherReasons)};
  if (schedule !== 'probe') return {values, reasons};
  const epochs = recommendProbeEpochs(stats, given.batchSize ?? values.batchSize!);
  return {
    values: {...others, lr: PROBE_LR, epochs},
    reasons: new Map([
      ...otherReasons,
      ['epochs', `a head on fixed features settles in about ${PROBE_UPDATES} updates`],
    ]),
  };
}

/** The strongest layer that says something of a value wins. */
function mergeOptions(recipeSources: readonly RecipeSource[]): {
  readonly values: RecipeInput;
  readonly sources: Readonly<Record<string, OptionOrigin>>;
} {
  const values: Record<string, unknown> = {};
  const sources: Record<string, OptionOrigin> = {};
  for (const {source, values: given} of recipeSources) {
    for (const [key, value] of Object.entries(given)) {
      if (key in values || value === undefined) continue;
      values[key] = value;
      sources[key] = source;
    }
  }
  return {values, sources};
}

/** Numbers of a named schedule beside a list of phases would have no effect, and nobody would know. */
function checkNoUnusedOptions({values, sources}: ReturnType<typeof mergeOptions>): void {
  if (values.freeze === undefined || typeof values.freeze === 'string') return;
  const unused = (['epochs', 'lr'] as const).find(key => values[key] !== undefined);
  if (unused === undefined) return;
  throw new UsageError(
    `Expected no --${unused} beside a list of phases, which has its own, but found ${values[unused]} (${sources[unused]}). ` +
      'Change the phases, or name a schedule with --freeze.',
  );
}

/** What weights are trained at, unless told. */
const DEFAULT_IMAGE_SIZE = 224;
/** It decides nothing about sizes. */
const ANY_VARIANT = {strideIn1x1: false, batchNormEpsilon: 1e-5} as const;

/**
 * Layers, strongest first, laid over what the data recommends and the defaults.
 * @param memoryBytes that the run may take: a smaller batch is recommended where it would take more
 * @throws UsageError (exit 2) for phases that the backbone cannot be trained by, or numbers beside them that would have no effect
 */
export function mergeRecipe(
  recipeSources: readonly RecipeSource[],
  stats: DatasetStats,
  memoryBytes = Infinity,
): ResolvedRecipe {
  const resolved = resolveWith(recipeSources, stats);
  if (stats.gpu || resolved.sources.batchSize !== 'recommended') return resolved;
  const {arch, lastStage, imageSize = DEFAULT_IMAGE_SIZE, batchSize} = resolved.recipe;
  const largest = largestBatchSize(
    {arch, lastStage, ...ANY_VARIANT},
    imageSize,
    resolved.recipe,
    memoryBytes,
  );
  return largest === 0 || largest >= batchSize
    ? resolved
    : resolveWith(recipeSources, {...stats, maxBatchSize: largest});
}

function resolveWith(recipeSources: readonly RecipeSource[], stats: DatasetStats): ResolvedRecipe {
  const given = mergeOptions(recipeSources);
  checkNoUnusedOptions(given);
  const recommendation = recommendFor(given.values, stats);
  const {values, sources} = mergeOptions([
    ...recipeSources,
    {source: 'recommended', values: recommendation.values},
    {source: 'default', values: defaults},
  ]);
  const {epochs: _epochs, lr: _lr, ...rest} = values;
  const freeze = resolvePhases(values as Required<RecipeInput>, stats);
  const recipe = {...rest, weights: hideCredentials(rest.weights!), freeze} as Recipe;
  for (const phase of freeze) checkLearningRates(phase.name, phase.learningRates, recipe.lastStage);
  const reasons = [...recommendation.reasons]
    .filter(([key]) => sources[key] === 'recommended')
    .map(([key, reason]) => `${key} ${String(values[key as keyof RecipeInput])}: ${reason}`);
  return {recipe, sources, reasons};
}

/** What the recommendation needs to know of a folder. */
export function computeDatasetStats(
  folder: ImageFolder,
  input: RecipeInput,
  gpu: boolean,
): DatasetStats {
  const validationRatio =
    folder.validation === undefined
      ? (input.valSplit ?? recipeSchema.properties.valSplit.default)
      : 0;
  const trainRatio = 1 - validationRatio - (folder.test === undefined ? (input.testSplit ?? 0) : 0);
  const byLabel = groupBy(folder.samples, ({label}) => label);
  const perClass = folder.classNames.map(
    (_, label) => (byLabel.get(label)?.length ?? 0) * trainRatio,
  );
  return {
    images: Math.round(folder.samples.length * trainRatio),
    classes: folder.classNames.length,
    smallestClass: Math.round(Math.min(...perClass)),
    largestClass: Math.round(Math.max(...perClass)),
    pretrained: input.weights !== 'none',
    gpu,
  };
}

/**
 * A recipe for a folder: what is given, the rest recommended from the data.
 * @throws SchemaError (exit 2) for an unknown key or a value out of range, naming both; ArgumentError (exit 2)
 *
 * @example
 * import {loadImageFolder, resolveRecipe} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const recipe = resolveRecipe({arch: 'resnet50', batchSize: 16}, pets);
 * console.log(recipe.freeze.map(({name, epochs}) => `${name}: ${epochs}`));
 */
export function resolveRecipe(
  input: RecipeInput,
  folder: ImageFolder,
  options: {readonly gpu?: boolean} = {},
): Recipe {
  checkFolder('resolveRecipe()', folder);
  checkOptions<{readonly gpu?: boolean}>('resolveRecipe()', options, {gpu: BOOLEAN});
  const checked = checkRecipeInput(input, 'Recipe');
  return mergeRecipe(
    [{source: 'flag', values: checked}],
    computeDatasetStats(folder, checked, options.gpu ?? false),
    usableMemory(),
  ).recipe;
}
