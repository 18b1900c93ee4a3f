import {WeightsUnavailableError} from '../../backbones/pretrained/download.js';
import {
  findPretrainedSource,
  locatePretrained,
  type LocateOptions,
} from '../../backbones/pretrained/locate-weights.js';
import {EMBEDDED, getPretrained} from '../../backbones/pretrained/pretrained.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {mergeRecipeFor, type RecipeSource, type ResolvedRecipe} from './resolve-recipe.js';

/** A resolved recipe whose weights are on this machine, as far as the choice was left to the recipe. */
export interface AvailableRecipe extends ResolvedRecipe {
  /** Why the embedded weights replace those of `--weights auto`, what that costs, and how to get the others. */
  readonly replacement?: string;
}

/** The sources with the embedded weights in place of `auto`. */
const withEmbedded = (recipeSources: readonly RecipeSource[]): readonly RecipeSource[] => [
  ...recipeSources.map(({source, values: {weights: _auto, ...values}}) => ({source, values})),
  {source: 'recommended', values: {weights: EMBEDDED}},
];

const describeReplacement = ({url, target, reason}: WeightsUnavailableError): string =>
  `No ImageNet weights are on this machine, and they cannot be downloaded: ${reason}. Training starts from the embedded weights instead, a resnet18 for 64 pixels, ` +
  `and will be far less accurate (84 instead of 95 % on ants and bees). For ImageNet weights, put ${url} at ${target}, or use --weights FILE.`;

/**
 * Merges the sources like `mergeRecipeFor`. Where neither a network nor weights were asked for, the recommended weights are downloaded now
 * if they are not on this machine. Without a network, the embedded weights replace them, and the recipe is resolved for those.
 * @throws UsageError as `mergeRecipe`; all other errors of a download
 */
export async function resolveAvailableRecipe(
  folder: ImageFolder,
  recipeSources: readonly RecipeSource[],
  gpu: boolean,
  options: LocateOptions = {},
): Promise<AvailableRecipe> {
  const resolved = mergeRecipeFor(folder, recipeSources, gpu);
  const {recipe, sources} = resolved;
  if (sources.arch !== 'default' || sources.weights !== 'recommended') return resolved;
  const pretrained = getPretrained(recipe.weights, recipe.arch, options.catalog);
  if (findPretrainedSource(pretrained, options.environment).source !== 'download') return resolved;
  try {
    await locatePretrained(pretrained, options);
    return resolved;
  } catch (error) {
    if (!(error instanceof WeightsUnavailableError) || !error.isNetworkMissing) throw error;
    const fallback = mergeRecipeFor(folder, withEmbedded(recipeSources), gpu);
    const reason = `weights ${fallback.recipe.weights}: ${recipe.weights} cannot be downloaded (${error.reason})`;
    return {
      ...fallback,
      reasons: [reason, ...fallback.reasons],
      replacement: describeReplacement(error),
    };
  }
}
