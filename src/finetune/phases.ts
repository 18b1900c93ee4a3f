import {LAYER_GROUPS, groupsPresent, type GroupRates, type LayerGroup} from '../backbones/layer-groups.js';
import type {LastStage} from '../backbones/resnet-specs.js';
import type {Phase} from './recipe.js';
import type {FreezeSchedule} from './recipe-schema.js';

/** From one group to the one below it the rate falls by this factor (ULMFiT, https://arxiv.org/abs/1801.06146, section 3.2). */
const DISCRIMINATION = 2.6;

/** What a named schedule is filled with. */
export interface ScheduleRates {
  readonly lastStage: LastStage;
  /** Epochs and peak rate of the head-only phase. */
  readonly probe: {readonly epochs: number; readonly rate: number};
  /** Epochs and peak rate, of the top group, of the phase that trains the backbone. */
  readonly main: {readonly epochs: number; readonly rate: number};
  /** Pretrained groups move less the lower they lie; random ones all move alike. */
  readonly discriminative: boolean;
}

const rates = (rateOf: (group: LayerGroup) => number | null): GroupRates =>
  Object.fromEntries(LAYER_GROUPS.map(group => [group, rateOf(group)])) as Record<LayerGroup, number | null>;

const probe = ({probe: {epochs, rate}}: ScheduleRates): Phase => ({
  name: 'probe',
  epochs,
  rates: rates(group => (group === 'head' ? rate : null)),
});

/** The last stage and the head. */
const top = ({lastStage, main: {epochs, rate}}: ScheduleRates): Phase => ({
  name: 'top',
  epochs,
  rates: rates(group => (group === 'head' || group === `stage${lastStage}` ? rate : null)),
});

function all({lastStage, main: {epochs, rate}, discriminative}: ScheduleRates): Phase {
  const present = groupsPresent(lastStage);
  const rateOf = (group: LayerGroup): number | null => {
    const depth = present.length - 2 - present.indexOf(group);
    if (!present.includes(group)) return null;
    return group === 'head' || !discriminative ? rate : Number((rate / DISCRIMINATION ** depth).toPrecision(3));
  };
  return {name: 'all', epochs, rates: rates(rateOf)};
}

/** The phases a named schedule stands for. */
export const NAMED_SCHEDULES: Readonly<Record<FreezeSchedule, (fill: ScheduleRates) => readonly Phase[]>> = {
  probe: fill => [probe(fill)],
  'probe-then-top': fill => [probe(fill), top(fill)],
  'probe-then-all': fill => [probe(fill), all(fill)],
  all: fill => [all(fill)],
};
