import {groupsPresent, type LayerGroup} from '../backbones/layer-groups.js';
import type {Phase, Recipe} from '../finetune/recipe.js';
import {plural} from '../report/format.js';
import {listed} from './words.js';

/** `stem`, `stage1` to `stage3` and `head`: neighbours that share something, told as ranges. */
function ranges(groups: readonly LayerGroup[]): string {
  const stages = groups.filter(group => group.startsWith('stage'));
  const told = stages.length > 2 ? [`${stages[0]} to ${stages.at(-1)}`] : stages;
  return listed([...groups.filter(group => group === 'stem'), ...told, ...groups.filter(group => group === 'head')]);
}

/** `head at 0.003`; groups of one rate together. */
function rates(phase: Phase, groups: readonly LayerGroup[]): string {
  const byRate = new Map<number, LayerGroup[]>();
  for (const group of groups) {
    const rate = phase.rates[group]!;
    byRate.set(rate, [...(byRate.get(rate) ?? []), group]);
  }
  return listed(
    [...byRate].map(([rate, of]) => `${ranges(of)} at ${rate}`),
    8,
  );
}

const BATCH_NORM = {
  inference: 'batch norm keeps its stored statistics',
  training: 'batch norm learns the statistics of the new images',
};

/** What a phase trains and what it leaves alone, in a sentence or two. */
export function phaseSentences(phase: Phase, recipe: Recipe, steps: number, cached: boolean): readonly [string, string] {
  const present = groupsPresent(recipe.lastStage);
  const trained = present.filter(group => phase.rates[group] !== null);
  const frozen = present.filter(group => phase.rates[group] === null);
  const updates = `${plural(phase.epochs, 'epoch')} of ${plural(Math.round(steps / phase.epochs), 'update')}`;
  const policy = trained.length === 1 && trained[0] === 'head' ? '' : `; ${BATCH_NORM[recipe.batchNorm]}`;
  // Said once: with kept statistics there is nothing that the frozen groups could do otherwise.
  const statistics = policy !== '' && recipe.batchNorm === 'training' ? ', their batch-norm statistics too' : '';
  const untouched = frozen.length === 0 ? 'nothing is frozen' : `frozen: ${ranges(frozen)}${statistics}`;
  return [`${phase.name}: ${updates}${cached ? ' on cached features' : ''}`, `trains ${rates(phase, trained)}; ${untouched}${policy}`];
}
