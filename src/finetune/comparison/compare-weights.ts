import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {locateWeights} from '../../backbones/pretrained/locate-weights.js';
import {defaultPretrained} from '../../backbones/pretrained/pretrained.js';
import {checkArgument, STRINGS} from '../../core/arguments.js';
import {isOffline} from '../../core/environment-variables.js';
import {UsageError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {checkFinetuneArguments, COMPUTE_OPTIONS} from '../finetune-arguments.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe} from '../recipe/recipe.js';
import {nameWeights} from '../recipe/recommend-weights.js';
import {summarizeComparison, type WeightsComparison} from './comparison.js';
import {probeWeights} from './probe-weights.js';

/**
 * Options of `compareWeights()`. No run is written.
 *
 * @example
 * const options: CompareOptions = {offline: true, onEvent: ({type}) => console.error(type)};
 * await compareWeights(folder, recipe, ['v1', './mine.pth'], options);
 */
export type CompareOptions = Pick<FinetuneOptions, keyof typeof COMPUTE_OPTIONS>;

/** @throws UsageError unless there are two different sets of weights */
function checkNames(names: readonly string[]): void {
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined)
    throw new UsageError(`${repeated} is named twice. Name each set of weights once.`);
  if (names.length < 2)
    throw new UsageError(
      'There is nothing to compare. Name two sets of weights or more, such as v1 and v2.',
    );
}

/** @throws UsageError unless the recipe trains the head alone */
function checkProbe({phases}: Recipe): void {
  const isProbe = phases.every(({learningRates}) =>
    Object.entries(learningRates).every(([group, lr]) => group === 'head' || lr === null),
  );
  if (!isProbe)
    throw new UsageError(
      "Weights are compared by a head on frozen features. Resolve the recipe with freeze: 'probe'.",
    );
}

/** The choice of `weights: 'auto'` for a probe if it is compared, else the first. */
export function chooseDefault(names: readonly string[], {arch}: Pick<Recipe, 'arch'>): string {
  const automatic = defaultPretrained(arch, 'probe')?.name;
  return names.find(name => name === automatic) ?? names[0]!;
}

/** Downloads what is missing before anything is trained, so that a wrong name or a missing file costs no time. */
async function locateAll(
  names: readonly string[],
  {arch}: Recipe,
  {offline, onEvent, signal}: CompareOptions,
): Promise<void> {
  for (const name of names.filter(each => each !== 'none')) {
    await locateWeights(name, arch, {
      offline: isOffline(offline),
      ...(signal && {signal}),
      onInfo: message => onEvent?.({type: 'info', message}),
      onProgress: ({bytes, total = bytes}) =>
        onEvent?.({type: 'progress', activity: 'weights', done: bytes, total, unit: 'bytes'}),
    });
  }
}

/**
 * Compares pretrained weights by one probe each: a head on the frozen features, trained and validated on the same images. Recommends the
 * default (the choice of `weights: 'auto'` if it is compared, else the first) unless others are clearly better.
 * @param recipe a recipe with `freeze: 'probe'`; its own weights are not used
 * @param weights names of entries, files or URLs of the recipe's network
 * @throws ArgumentError, UsageError if there is nothing to compare, weights do not exist or the recipe is no probe; all errors of `finetune`
 *
 * @example
 * import {compareWeights, loadImageFolder, resolveRecipe} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const recipe = resolveRecipe({arch: 'resnet50', freeze: 'probe'}, pets);
 * const {recommended, reason} = await compareWeights(pets, recipe, ['v1', 'v2', 'dino']);
 * console.log(recommended, reason);
 */
export async function compareWeights(
  folder: ImageFolder,
  recipe: Recipe,
  weights: readonly string[],
  options: CompareOptions = {},
): Promise<WeightsComparison> {
  checkFinetuneArguments(folder, recipe, options, 'compareWeights()', COMPUTE_OPTIONS);
  checkArgument('compareWeights()', 'weights', weights, STRINGS);
  checkProbe(recipe);
  const names = weights.map(each => nameWeights({weights: each, arch: recipe.arch}));
  checkNames(names);
  await locateAll(names, recipe, options);
  const directory = await mkdtemp(join(tmpdir(), 'finetune-comparison-'));
  try {
    const probed = await probeWeights(
      folder,
      recipe,
      names,
      options,
      join(directory, 'split.json'),
    );
    return summarizeComparison(probed, chooseDefault(names, recipe));
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
}
