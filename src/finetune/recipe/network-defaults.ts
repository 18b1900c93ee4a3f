import {findPretrained} from '../../backbones/pretrained/pretrained.js';
import {stageCount, type Arch, type LastStage} from '../../backbones/resnet-specs.js';
import {publishedMetadata} from '../../backbones/weights/weights-metadata.js';
import {UsageError} from '../../core/errors.js';
import {mergeOptions, type OptionSource} from '../options/merge-options.js';
import {OPTIONS} from '../options/options.js';
import type {Recipe, RecipeInput} from './recipe.js';

/** The network of a recipe: the given one, else that of the weights it names, else the default. */
export const resolveArch = ({
  arch,
  weights = 'auto',
}: Pick<RecipeInput, 'arch' | 'weights'>): Arch =>
  arch ?? findPretrained(weights, OPTIONS.arch.default)?.arch ?? OPTIONS.arch.default;

/** Adds the network of named weights where no network is given, so that `--weights resnet18.a1-in1k` needs no `--arch`. */
export function withArchOfWeights(
  recipeSources: readonly OptionSource<RecipeInput>[],
): readonly OptionSource<RecipeInput>[] {
  const given = mergeOptions(recipeSources).values;
  const arch = resolveArch(given);
  return given.arch !== undefined || arch === OPTIONS.arch.default
    ? recipeSources
    : [...recipeSources, {source: 'recommended', values: {arch}}];
}

/** The last stage of a recipe's backbone. @throws UsageError if the network has fewer stages */
export function resolveLastStage({
  arch = OPTIONS.arch.default,
  lastStage = stageCount(arch),
}: RecipeInput): LastStage {
  if (lastStage <= stageCount(arch)) return lastStage;
  throw new UsageError(
    `--last-stage ${lastStage} is too high: ${arch} has ${stageCount(arch)} stages. Leave it out to use them all.`,
  );
}

/** Side of the input in pixels: that of published weights, else of the network's publisher. */
export const resolveImageSize = ({
  arch,
  weights,
  imageSize = (findPretrained(weights, arch) ?? publishedMetadata(arch)).preprocessing.cropSize,
}: Pick<Recipe, 'arch' | 'weights' | 'imageSize'>): number => imageSize;
