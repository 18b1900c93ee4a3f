import {stageCount} from '../../backbones/resnet-specs.js';
import {presentLayerGroups, type LayerGroup} from '../../backbones/layer-groups.js';
import type {Phase} from '../../finetune/recipe/phases.js';
import type {Recipe} from '../../finetune/recipe/recipe.js';
import {formatCount} from '../../core/text/format-count.js';
import {formatList} from './format.js';

/** Names of layer groups, with consecutive stages as a range: `stem`, `stage1 to stage3` and `head`. */
function formatGroups(groups: readonly LayerGroup[]): string {
  const stages = groups.filter(group => group.startsWith('stage'));
  const stageRange = stages.length > 2 ? [`${stages[0]} to ${stages.at(-1)}`] : stages;
  return formatList([
    ...groups.filter(group => group === 'stem'),
    ...stageRange,
    ...groups.filter(group => group === 'head'),
  ]);
}

/** `head at 0.003`. Groups with the same learning rate are listed together. */
function formatLearningRates(phase: Phase, groups: readonly LayerGroup[]): string {
  const byLearningRate = new Map<number, LayerGroup[]>();
  for (const group of groups) {
    const learningRate = phase.learningRates[group]!;
    byLearningRate.set(learningRate, [...(byLearningRate.get(learningRate) ?? []), group]);
  }
  return formatList(
    [...byLearningRate].map(
      ([learningRate, groupsAtRate]) => `${formatGroups(groupsAtRate)} at ${learningRate}`,
    ),
    8,
  );
}

const BATCH_NORM_TEXTS = {
  inference: 'batch norm keeps its stored statistics',
  training: 'batch norm learns the statistics of the new images',
};

/** Describes which layer groups a phase trains and which are frozen, in two lines. */
export function describePhase(
  phase: Phase,
  recipe: Recipe,
  steps: number,
  cached: boolean,
  isSolved = false,
): readonly [string, string] {
  const presentGroups = presentLayerGroups(recipe.lastStage);
  const trainedGroups = presentGroups.filter(group => phase.learningRates[group] !== null);
  const frozenGroups = presentGroups.filter(group => phase.learningRates[group] === null);
  const updateText = isSolved
    ? 'solved to convergence'
    : `${formatCount(phase.epochs, 'epoch')} of ${formatCount(Math.round(steps / phase.epochs), 'update')}`;
  const batchNormText =
    trainedGroups.length === 1 && trainedGroups[0] === 'head'
      ? ''
      : `; ${BATCH_NORM_TEXTS[recipe.batchNorm]}`;
  // Batch-norm statistics are mentioned once: in inference mode, frozen groups cannot behave differently.
  const statisticsText =
    batchNormText !== '' && recipe.batchNorm === 'training'
      ? ', their batch-norm statistics too'
      : '';
  const frozenText =
    frozenGroups.length === 0
      ? 'nothing is frozen'
      : `frozen: ${formatGroups(frozenGroups)}${statisticsText}`;
  return [
    `${phase.name}: ${updateText}${cached ? ' on cached features' : ''}`,
    `trains ${isSolved ? formatGroups(trainedGroups) : formatLearningRates(phase, trainedGroups)}; ${frozenText}${batchNormText}`,
  ];
}

/** Names network, head and training of a recipe: `resnet18, linear head, adamw, batches of 32, standard augmentation, seed 42`. */
export function describeRecipe({
  arch,
  lastStage,
  head,
  optimizer,
  batchSize,
  augment,
  seed,
}: Recipe): string {
  const network = `${arch}${lastStage < stageCount(arch) ? ` up to stage ${lastStage}` : ''}`;
  const augmentation = typeof augment === 'string' ? augment : Object.keys(augment).join(', ');
  return `${network}, ${head} head, ${optimizer}, batches of ${batchSize}, ${augmentation} augmentation, seed ${seed}`;
}
