import {presentLayerGroups} from '../../backbones/layer-groups.js';
import {defaultPretrained, findPretrained} from '../../backbones/pretrained/pretrained.js';
import {formatInteger} from '../../core/text/format-count.js';
import {hideCredentials} from '../../core/text/redact-url.js';
import type {Phase, Recipe} from './recipe.js';
import type {DatasetStats, Recommendation} from './recommend.js';

/** The full name of published weights, so that a recipe means the same later; a file, or a URL without its credentials; `auto`. */
export const nameWeights = ({weights, arch}: Pick<Recipe, 'weights' | 'arch'>): string =>
  weights === 'auto' ? weights : (findPretrained(weights, arch)?.name ?? hideCredentials(weights));

/** Training images from which full training makes up for features that were trained for ImageNet accuracy alone. */
const MIN_IMAGES = 5000;

/** Whether every phase trains every layer group, so that no head is ever fitted to the features as they are. */
const isFullTraining = (
  phases: readonly Phase[],
  {lastStage}: Pick<Recipe, 'lastStage'>,
): boolean =>
  phases.every(({learningRates}) =>
    presentLayerGroups(lastStage).every(group => learningRates[group] !== null),
  );

/**
 * Chooses the weights for `--weights auto` by the schedule and the number of images alone, never by what is cached. Newer recipes (label
 * smoothing, mixup) raise ImageNet accuracy, and lower that of a head on the fixed features; after full training the choice matters little
 * (Kornblith et al., https://arxiv.org/abs/2010.16402). Weights that are not for commercial use are never chosen.
 * @returns undefined if no weights of the network are published
 */
export function recommendWeights(
  recipe: Pick<Recipe, 'arch' | 'lastStage' | 'phases'>,
  {images}: Pick<DatasetStats, 'images'>,
): Recommendation<string> | undefined {
  const {arch, phases} = recipe;
  const full = isFullTraining(phases, recipe);
  const goodFor = full && images >= MIN_IMAGES ? 'full' : 'probe';
  const entry = defaultPretrained(arch, goodFor);
  if (entry === undefined) return undefined;
  const reason = full ? describeFullTraining(images) : FROZEN;
  const isSecondBest = !entry.goodFor.includes(goodFor);
  return {value: entry.name, reason: isSecondBest ? `${reason}, but ${arch} has none` : reason};
}

const FROZEN = 'frozen layers do best with weights trained without label smoothing';

function describeFullTraining(images: number): string {
  const about = `about ${formatInteger(images)} training images`;
  return images >= MIN_IMAGES
    ? `${about} train the whole network, which does best with the weights most accurate on ImageNet`
    : `${about} are few for full training, so features that transfer count more than accuracy on ImageNet`;
}
