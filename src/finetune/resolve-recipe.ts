import {checkRates} from '../backbones/layer-groups.js';
import {checkOptions, FLAG} from '../core/arguments.js';
import {UsageError} from '../core/errors.js';
import {sealed} from '../core/public-address.js';
import {usableMemory} from '../core/resources.js';
import {checkFolder} from '../datasets/folder-arguments.js';
import {groupBy} from '../datasets/group-by.js';
import type {ImageFolder} from '../datasets/image-folder.js';
import {largestBatch} from './memory-need.js';
import {NAMED_SCHEDULES} from './phases.js';
import type {Phase, Recipe, RecipeInput, Source} from './recipe.js';
import {checkRecipeInput} from './recipe.js';
import {recipeSchema, type FreezeSchedule} from './recipe-schema.js';
import {PROBE_UPDATES, recommend, recommendedProbeEpochs, type Facts} from './recommend.js';

/** Values from one place: the flags, the environment, a recipe file. */
export interface Layer {
  readonly source: Source;
  readonly values: RecipeInput;
}

/** A recipe with nothing implied, where each value came from, and why those that were recommended were. */
export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly sources: Readonly<Record<string, Source>>;
  readonly reasons: readonly string[];
}

const defaults: RecipeInput = Object.fromEntries(
  Object.entries(recipeSchema.properties).flatMap(([key, property]) => ('default' in property ? [[key, property.default]] : [])),
);

/** The head's rate on fixed features: nothing can be destroyed there, so it is high. */
const PROBE_RATE = 3e-3;

function phasesOf(values: Required<RecipeInput>, facts: Facts): readonly Phase[] {
  const {freeze, lastStage, epochs, lr, batchSize} = values;
  if (typeof freeze !== 'string') return freeze;
  const only = freeze === 'probe';
  return NAMED_SCHEDULES[freeze as FreezeSchedule]({
    lastStage,
    probe: {epochs: only ? epochs : recommendedProbeEpochs(facts, batchSize), rate: only ? lr : PROBE_RATE},
    main: {epochs, rate: lr},
    discriminative: facts.pretrained,
  });
}

/** Where nothing was said, a schedule that ends with the probe takes the probe's own numbers; a list of phases has its own. */
function recommended(said: RecipeInput, facts: Facts): ReturnType<typeof recommend> {
  const {values, reasons} = recommend(facts);
  const schedule = said.freeze ?? values.freeze;
  const {epochs: _epochs, lr: _lr, ...others} = values;
  const otherReasons = [...reasons].filter(([key]) => key !== 'epochs');
  if (typeof schedule !== 'string') return {values: others, reasons: new Map(otherReasons)};
  if (schedule !== 'probe') return {values, reasons};
  const epochs = recommendedProbeEpochs(facts, said.batchSize ?? values.batchSize!);
  return {
    values: {...others, lr: PROBE_RATE, epochs},
    reasons: new Map([...otherReasons, ['epochs', `a head on fixed features settles in about ${PROBE_UPDATES} updates`]]),
  };
}

/** The strongest layer that says something of a value wins. */
function lay(layers: readonly Layer[]): {readonly values: RecipeInput; readonly sources: Readonly<Record<string, Source>>} {
  const values: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const {source, values: said} of layers) {
    for (const [key, value] of Object.entries(said)) {
      if (key in values || value === undefined) continue;
      values[key] = value;
      sources[key] = source;
    }
  }
  return {values, sources};
}

/** Numbers of a named schedule beside a list of phases would have no effect, and nobody would know. */
function checkUnambiguous({values, sources}: ReturnType<typeof lay>): void {
  if (values.freeze === undefined || typeof values.freeze === 'string') return;
  const idle = (['epochs', 'lr'] as const).find(key => values[key] !== undefined);
  if (idle === undefined) return;
  throw new UsageError(
    `Expected no --${idle} beside a list of phases, which has its own, but found ${values[idle]} (${sources[idle]}). ` +
      'Change the phases, or name a schedule with --freeze.',
  );
}

/** What weights are trained at, unless told. */
const USUAL_SIZE = 224;
/** It decides nothing about sizes. */
const ANY_FAMILY = {strideOn: '3x3', batchNormEpsilon: 1e-5} as const;

/**
 * Layers, strongest first, laid over what the data recommends and the defaults.
 * @param memoryBytes that the run may take: a smaller batch is recommended where it would take more
 * @throws UsageError (exit 2) for phases that the backbone cannot be trained by, or numbers beside them that would have no effect
 */
export function resolveLayers(layers: readonly Layer[], facts: Facts, memoryBytes = Infinity): ResolvedRecipe {
  const resolved = resolveFor(layers, facts);
  if (facts.gpu || resolved.sources.batchSize !== 'recommended') return resolved;
  const {arch, lastStage, imageSize = USUAL_SIZE, batchSize} = resolved.recipe;
  const fitting = largestBatch({arch, lastStage, ...ANY_FAMILY}, imageSize, resolved.recipe, memoryBytes);
  return fitting === 0 || fitting >= batchSize ? resolved : resolveFor(layers, {...facts, mostAtATime: fitting});
}

function resolveFor(layers: readonly Layer[], facts: Facts): ResolvedRecipe {
  const said = lay(layers);
  checkUnambiguous(said);
  const advice = recommended(said.values, facts);
  const {values, sources} = lay([...layers, {source: 'recommended', values: advice.values}, {source: 'default', values: defaults}]);
  const {epochs: _epochs, lr: _lr, ...rest} = values;
  const freeze = phasesOf(values as Required<RecipeInput>, facts);
  const recipe = {...rest, weights: sealed(rest.weights!), freeze} as Recipe;
  for (const phase of freeze) checkRates(phase.name, phase.rates, recipe.lastStage);
  const reasons = [...advice.reasons]
    .filter(([key]) => sources[key] === 'recommended')
    .map(([key, reason]) => `${key} ${String(values[key as keyof RecipeInput])}: ${reason}`);
  return {recipe, sources, reasons};
}

/** What the recommendation needs to know of a folder. */
export function factsOf(folder: ImageFolder, input: RecipeInput, gpu: boolean): Facts {
  const held = folder.validation === undefined ? (input.valSplit ?? recipeSchema.properties.valSplit.default) : 0;
  const share = 1 - held - (folder.test === undefined ? (input.testSplit ?? 0) : 0);
  const byLabel = groupBy(folder.samples, ({label}) => label);
  const perClass = folder.classNames.map((_, label) => (byLabel.get(label)?.length ?? 0) * share);
  return {
    images: Math.round(folder.samples.length * share),
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
 */
export function resolveRecipe(input: RecipeInput, folder: ImageFolder, options: {readonly gpu?: boolean} = {}): Recipe {
  checkFolder('resolveRecipe()', folder);
  checkOptions<{readonly gpu?: boolean}>('resolveRecipe()', options, {gpu: FLAG});
  const checked = checkRecipeInput(input, 'Recipe');
  return resolveLayers([{source: 'flag', values: checked}], factsOf(folder, checked, options.gpu ?? false), usableMemory()).recipe;
}
