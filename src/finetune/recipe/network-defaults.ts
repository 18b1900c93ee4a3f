import {stageCount, type LastStage} from '../../backbones/resnet-specs.js';
import {publishedMetadata} from '../../backbones/weights/weights-metadata.js';
import {UsageError} from '../../core/errors.js';
import {OPTIONS} from '../options/options.js';
import type {Recipe, RecipeInput} from './recipe.js';

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

/** Side of the input in pixels. Without weights that say otherwise it is that of the network's publisher. */
export const resolveImageSize = ({
  arch,
  imageSize = publishedMetadata(arch).preprocessing.cropSize,
}: Recipe): number => imageSize;
