import {UsageError} from '../core/errors.js';
import {STAGES, type LastStage} from './resnet-specs.js';

/** A group of layers that a freeze schedule freezes or trains as one. */
export type LayerGroup = 'stem' | `stage${LastStage}` | 'head';
/** All groups from input to output, of the longest network. */
export const LAYER_GROUPS: readonly LayerGroup[] = [
  'stem',
  ...STAGES.map((stage): LayerGroup => `stage${stage}`),
  'head',
];

/** Peak learning rate of each group; `null` freezes the group and its batch-norm statistics. */
export type GroupLearningRates = Readonly<Record<LayerGroup, number | null>>;

/** The group of a state-dict key: `layer3.0.bn1.weight` -> `stage3`. Keys outside the backbone belong to the head. */
export function getLayerGroup(key: string): LayerGroup {
  if (key.startsWith('conv1.') || key.startsWith('bn1.')) return 'stem';
  const stage = Number(/^layer(\d)\./.exec(key)?.[1] ?? 0);
  return LAYER_GROUPS[stage] === `stage${stage}` ? LAYER_GROUPS[stage] : 'head';
}

/** The groups of a backbone that ends after `lastStage`, from input to head. */
export const presentLayerGroups = (lastStage: LastStage): LayerGroup[] => [
  ...LAYER_GROUPS.slice(0, lastStage + 1),
  'head',
];

/**
 * Number of consecutive frozen groups from the input: a forward pass up to there can be cached. 0 means none; `lastStage + 1` means the
 * whole backbone.
 */
export function computeFrozenDepth(
  learningRates: GroupLearningRates,
  lastStage: LastStage,
): number {
  const firstTrainable = presentLayerGroups(lastStage).findIndex(
    group => group === 'head' || learningRates[group] !== null,
  );
  return firstTrainable;
}

/** @throws UsageError if a phase trains nothing, or trains stages that the backbone does not have */
export function checkLearningRates(
  phase: string,
  learningRates: GroupLearningRates,
  lastStage: LastStage,
): void {
  const missingGroups = LAYER_GROUPS.filter(
    group => learningRates[group] !== null && !presentLayerGroups(lastStage).includes(group),
  );
  if (missingGroups.length > 0) {
    throw new UsageError(
      `Phase "${phase}" has a learning rate for ${missingGroups.join(', ')}, but the backbone ends at stage${lastStage}. Set it to null, or raise --last-stage.`,
    );
  }
  if (presentLayerGroups(lastStage).every(group => learningRates[group] === null)) {
    throw new UsageError(
      `Phase "${phase}" trains nothing: every group is frozen. Give at least one group a learning rate.`,
    );
  }
}
