import {
  LAYER_GROUPS,
  presentLayerGroups,
  type GroupLearningRates,
  type LayerGroup,
} from '../../backbones/layer-groups.js';
import type {LastStage} from '../../backbones/resnet-specs.js';
import type {Phase} from './recipe.js';
import type {FreezeSchedule} from './recipe-schema.js';

/** From one group to the one below it the rate falls by this factor (ULMFiT, https://arxiv.org/abs/1801.06146, section 3.2). */
const LR_DECAY_PER_GROUP = 2.6;

/** What a named schedule is filled with. */
export interface ScheduleOptions {
  readonly lastStage: LastStage;
  /** Epochs and peak rate of the head-only phase. */
  readonly probe: {readonly epochs: number; readonly lr: number};
  /** Epochs and peak rate, of the top group, of the phase that trains the backbone. */
  readonly main: {readonly epochs: number; readonly lr: number};
  /** Pretrained groups move less the lower they lie; random ones all move alike. */
  readonly discriminative: boolean;
}

const learningRates = (lrOf: (group: LayerGroup) => number | null): GroupLearningRates =>
  Object.fromEntries(LAYER_GROUPS.map(group => [group, lrOf(group)])) as Record<
    LayerGroup,
    number | null
  >;

const probe = ({probe: {epochs, lr}}: ScheduleOptions): Phase => ({
  name: 'probe',
  epochs,
  learningRates: learningRates(group => (group === 'head' ? lr : null)),
});

/** The last stage and the head. */
const lastStagePhase = ({lastStage, main: {epochs, lr}}: ScheduleOptions): Phase => ({
  name: 'last-stage',
  epochs,
  learningRates: learningRates(group =>
    group === 'head' || group === `stage${lastStage}` ? lr : null,
  ),
});

function full({lastStage, main: {epochs, lr}, discriminative}: ScheduleOptions): Phase {
  const present = presentLayerGroups(lastStage);
  const lrOf = (group: LayerGroup): number | null => {
    const depth = present.length - 2 - present.indexOf(group);
    if (!present.includes(group)) return null;
    return group === 'head' || !discriminative
      ? lr
      : Number((lr / LR_DECAY_PER_GROUP ** depth).toPrecision(3));
  };
  return {name: 'full', epochs, learningRates: learningRates(lrOf)};
}

/** The phases a named schedule stands for. */
export const NAMED_SCHEDULES: Readonly<
  Record<FreezeSchedule, (options: ScheduleOptions) => readonly Phase[]>
> = {
  probe: options => [probe(options)],
  'probe-then-last-stage': options => [probe(options), lastStagePhase(options)],
  'probe-then-full': options => [probe(options), full(options)],
  full: options => [full(options)],
};
