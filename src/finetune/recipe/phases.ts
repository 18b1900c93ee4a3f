import {
  LAYER_GROUPS,
  presentLayerGroups,
  type GroupLearningRates,
  type LayerGroup,
} from '../../backbones/layer-groups.js';
import type {LastStage} from '../../backbones/resnet-specs.js';

/**
 * A phase of training with a fixed set of frozen layer groups.
 *
 * @example
 * const probe: Phase = {
 *   name: 'probe',
 *   epochs: 5,
 *   learningRates: {stem: null, stage1: null, stage2: null, stage3: null, stage4: null, head: 1e-3},
 * };
 */
export interface Phase {
  readonly name: string;
  readonly epochs: number;
  readonly learningRates: GroupLearningRates;
}

/** Whether a phase trains only the head. */
export const trainsOnlyHead = ({learningRates}: Phase): boolean =>
  LAYER_GROUPS.every(group => (group === 'head') === (learningRates[group] !== null));

/** JSON Schema of a `Phase`. */
export const phaseSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'epochs', 'learningRates'],
  properties: {
    name: {type: 'string', minLength: 1},
    epochs: {type: 'integer', minimum: 1},
    learningRates: {
      type: 'object',
      additionalProperties: false,
      required: LAYER_GROUPS,
      description:
        'peak learning rate of every layer group; null freezes it, batch-norm statistics included',
      properties: Object.fromEntries(
        LAYER_GROUPS.map(group => [group, {type: ['number', 'null'], exclusiveMinimum: 0}]),
      ),
    },
  },
};

/** Factor between the learning rates of adjacent layer groups (ULMFiT, https://arxiv.org/abs/1801.06146, section 3.2). */
const LR_DECAY_PER_GROUP = 2.6;

/** Parameters of a named freeze schedule. */
export interface ScheduleOptions {
  readonly lastStage: LastStage;
  /** Epochs and peak learning rate of the head-only phase. */
  readonly probe: {readonly epochs: number; readonly lr: number};
  /** Epochs of the phase that trains the backbone, and peak learning rate of its top group. */
  readonly main: {readonly epochs: number; readonly lr: number};
  /** Whether lower layer groups get lower learning rates. Pretrained groups do; random ones all have the same. */
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

/** Phase that trains the last stage and the head. */
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

/** Named freeze schedules and their phases. */
export const NAMED_SCHEDULES = {
  probe: options => [probe(options)],
  'probe-then-last-stage': options => [probe(options), lastStagePhase(options)],
  'probe-then-full': options => [probe(options), full(options)],
  full: options => [full(options)],
} as const satisfies Readonly<Record<string, (options: ScheduleOptions) => readonly Phase[]>>;

export type FreezeSchedule = keyof typeof NAMED_SCHEDULES;
export const FREEZE_SCHEDULES = Object.keys(NAMED_SCHEDULES) as FreezeSchedule[];
