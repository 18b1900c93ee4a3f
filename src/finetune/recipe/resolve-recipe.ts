import {checkLearningRates} from '../../backbones/layer-groups.js';
import {checkOptions, BOOLEAN} from '../../core/arguments.js';
import {UsageError} from '../../core/errors.js';
import {usableMemory} from '../../core/system-resources.js';
import {checkFolder} from '../../datasets/discovery/folder-arguments.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {largestBatchSize} from '../preparation/memory-need.js';
import {
  defaultsOf,
  mergeOptions,
  type MergedOptions,
  type OptionSource,
} from '../options/merge-options.js';
import {computeDatasetStats} from './dataset-stats.js';
import {resolveImageSize, resolveLastStage, withArchOfWeights} from './network-defaults.js';
import {nameWeights, recommendWeights} from './recommend-weights.js';
import {NAMED_SCHEDULES, type Phase} from './phases.js';
import {checkRecipeInput, RECIPE_OPTIONS, type Recipe, type RecipeInput} from './recipe.js';
import {checkHeadSolver, recommendHeadSolver} from './recommend-head-solver.js';
import {PROBE_UPDATES, recommend, recommendProbeEpochs, type DatasetStats} from './recommend.js';

/** Recipe options from one source. */
export type RecipeSource = OptionSource<RecipeInput>;

/** A resolved recipe, the source of each value, and the reasons for recommended values. */
export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly sources: MergedOptions['sources'];
  readonly reasons: readonly string[];
}

/** Learning rate of the head on fixed features. It is high, because no pretrained weights can be damaged. */
const PROBE_LR = 3e-3;

function resolvePhases(values: RecipeInput, stats: DatasetStats): readonly Phase[] {
  if (values.phases !== undefined) return values.phases;
  const {freeze, lastStage, epochs, lr, batchSize} = values as Required<RecipeInput>;
  const only = freeze === 'probe';
  return NAMED_SCHEDULES[freeze]({
    lastStage,
    probe: {
      epochs: only ? epochs : recommendProbeEpochs(stats, batchSize),
      lr: only ? lr : PROBE_LR,
    },
    main: {epochs, lr},
    discriminative: stats.pretrained,
  });
}

/**
 * Adapts recommendations to the schedule. A schedule that ends with the probe gets the probe's own epochs and learning rate. A list of
 * phases has its own values.
 */
function recommendFor(given: RecipeInput, stats: DatasetStats): ReturnType<typeof recommend> {
  const {reasons, ...recommended} = recommend(stats);
  const headSolver = recommendHeadSolver(given, given.freeze ?? recommended.values.freeze!);
  const values = {...recommended.values, headSolver};
  const {freeze, epochs: _epochs, lr: _lr, ...others} = values;
  const otherReasons = [...reasons].filter(([key]) => key !== 'epochs');
  if (given.phases !== undefined) return {values: others, reasons: new Map(otherReasons)};
  if ((given.freeze ?? freeze) !== 'probe') return {values, reasons};
  const epochs = recommendProbeEpochs(stats, given.batchSize ?? values.batchSize!);
  if ((given.headSolver ?? headSolver) === 'lbfgs')
    return {
      values: {...values, lr: PROBE_LR, epochs, labelSmoothing: 0},
      reasons: new Map([
        ...otherReasons,
        ['labelSmoothing', 'the L2 penalty of a solved head regularizes it already'],
      ]),
    };
  return {
    values: {...values, lr: PROBE_LR, epochs},
    reasons: new Map([
      ...otherReasons,
      ['epochs', `a head on fixed features settles in about ${PROBE_UPDATES} updates`],
    ]),
  };
}

/**
 * Chooses between `freeze` and `phases`. The source with the highest precedence hides the other option in lower sources.
 * @throws UsageError if one source sets both
 */
function chooseSchedule(recipeSources: readonly RecipeSource[]): readonly RecipeSource[] {
  const strongest = recipeSources.findIndex(
    ({values: {freeze, phases}}) => freeze !== undefined || phases !== undefined,
  );
  const {source, values} = recipeSources[strongest] ?? {};
  if (values?.freeze !== undefined && values.phases !== undefined) {
    throw new UsageError(
      `Both freeze and phases are set (${source}). Phases are a schedule of their own. Remove one of the two.`,
    );
  }
  return recipeSources.map((recipeSource, index) => {
    const {freeze: _freeze, phases: _phases, ...others} = recipeSource.values;
    return index === strongest ? recipeSource : {...recipeSource, values: others};
  });
}

/** Rejects `epochs` and `lr` next to a list of phases, where they would silently have no effect. @throws UsageError */
function checkNoUnusedOptions({values, sources}: MergedOptions<RecipeInput>): void {
  if (values.phases === undefined) return;
  const unused = (['epochs', 'lr'] as const).find(key => values[key] !== undefined);
  if (unused === undefined) return;
  throw new UsageError(
    `--${unused} ${values[unused]} (${sources[unused]}) has no effect: the recipe lists phases, which have their own. ` +
      'Change the phases, or name a schedule with --freeze.',
  );
}

/** Any variant. It does not affect sizes. */
const ANY_VARIANT = {strideIn1x1: false, batchNormEpsilon: 1e-5} as const;

/**
 * Merges the sources, highest precedence first, with recommendations and defaults.
 * @param memoryBytes memory available to the run; the recommended batch size is reduced to fit
 * @throws UsageError (exit 2) for phases that do not match the backbone, or options that would have no effect next to them
 */
export function mergeRecipe(
  recipeSources: readonly RecipeSource[],
  stats: DatasetStats,
  memoryBytes = Infinity,
): ResolvedRecipe {
  const resolved = resolveWith(recipeSources, stats);
  if (stats.gpu || resolved.sources.batchSize !== 'recommended') return resolved;
  const {arch, lastStage, batchSize} = resolved.recipe;
  const largest = largestBatchSize(
    {arch, lastStage, ...ANY_VARIANT},
    resolveImageSize(resolved.recipe),
    resolved.recipe,
    memoryBytes,
  );
  return largest === 0 || largest >= batchSize
    ? resolved
    : resolveWith(recipeSources, {...stats, maxBatchSize: largest});
}

function resolveWith(given: readonly RecipeSource[], stats: DatasetStats): ResolvedRecipe {
  const recipeSources = withArchOfWeights(chooseSchedule(given));
  const merged = mergeOptions(recipeSources);
  checkNoUnusedOptions(merged);
  const lastStage = resolveLastStage(merged.values);
  checkHeadSolver(merged.values);
  const recommendation = recommendFor(merged.values, stats);
  const {values, sources} = mergeOptions<RecipeInput>([
    ...recipeSources,
    {source: 'recommended', values: recommendation.values},
    {source: 'default', values: {lastStage}},
    defaultsOf(RECIPE_OPTIONS),
  ]);
  const {freeze: _freeze, epochs: _epochs, lr: _lr, ...rest} = values;
  const phases = resolvePhases(values, stats);
  const requested = {...rest, weights: nameWeights(values as Recipe), phases} as Recipe;
  const weights = rest.weights === 'auto' ? recommendWeights(requested, stats) : undefined;
  const recipe = weights === undefined ? requested : {...requested, weights: weights.value};
  for (const phase of phases) checkLearningRates(phase.name, phase.learningRates, recipe.lastStage);
  const reasons = [...recommendation.reasons]
    .filter(([key]) => sources[key] === 'recommended')
    .map(([key, reason]) => `${key} ${String(values[key as keyof RecipeInput])}: ${reason}`);
  const schedule = sources.phases ?? sources.freeze;
  return {
    recipe,
    sources: {
      ...sources,
      ...(schedule && {phases: schedule}),
      ...(weights && {weights: 'recommended'}),
    },
    reasons: weights ? [`weights ${weights.value}: ${weights.reason}`, ...reasons] : reasons,
  };
}

/**
 * Merges the sources, highest precedence first, for a folder and the memory of this machine.
 * @throws UsageError as `mergeRecipe`
 */
export function mergeRecipeFor(
  folder: ImageFolder,
  recipeSources: readonly RecipeSource[],
  gpu: boolean,
): ResolvedRecipe {
  const {values} = mergeOptions(recipeSources);
  return mergeRecipe(recipeSources, computeDatasetStats(folder, values, gpu), usableMemory());
}

/**
 * Resolves a recipe for a folder. Options that are not given are recommended from the dataset.
 * @throws SchemaError (exit 2) for an unknown key or a value out of range, naming both; ArgumentError (exit 2)
 *
 * @example
 * import {loadImageFolder, resolveRecipe} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const recipe = resolveRecipe({arch: 'resnet50', batchSize: 16}, pets);
 * console.log(recipe.phases.map(({name, epochs}) => `${name}: ${epochs}`));
 */
export function resolveRecipe(
  input: RecipeInput,
  folder: ImageFolder,
  options: {readonly gpu?: boolean} = {},
): Recipe {
  checkFolder('resolveRecipe()', folder);
  checkOptions<{readonly gpu?: boolean}>('resolveRecipe()', options, {gpu: BOOLEAN});
  const checked = checkRecipeInput(input, 'Recipe');
  return mergeRecipeFor(folder, [{source: 'flag', values: checked}], options.gpu ?? false).recipe;
}
