import {UsageError} from '../core/errors.js';
import {STAGES, type LastStage} from './resnet-specs.js';

/** What a freeze schedule speaks of. */
export type LayerGroup = 'stem' | `stage${LastStage}` | 'head';
/** Input to output, of a network with as many stages as any. */
export const LAYER_GROUPS: readonly LayerGroup[] = [
  'stem',
  ...STAGES.map((stage): LayerGroup => `stage${stage}`),
  'head',
];

/** Peak learning rate of each group; `null` freezes the group, its batch-norm statistics included. */
export type GroupLearningRates = Readonly<Record<LayerGroup, number | null>>;

/** The group a state-dict key belongs to: `layer3.0.bn1.weight` -> `stage3`; whatever is not of the backbone is the head's. */
export function getLayerGroup(key: string): LayerGroup {
  if (key.startsWith('conv1.') || key.startsWith('bn1.')) return 'stem';
  const stage = Number(/^layer(\d)\./.exec(key)?.[1] ?? 0);
  return LAYER_GROUPS[stage] === `stage${stage}` ? LAYER_GROUPS[stage] : 'head';
}

/** The groups of a backbone that ends after `lastStage`, input to output, the head last. */
export const presentLayerGroups = (lastStage: LastStage): LayerGroup[] => [
  ...LAYER_GROUPS.slice(0, lastStage + 1),
  'head',
];

/**
 * Number of lowest groups that are frozen without a gap: where forward passes can stop once and be cached.
 * 0: nothing is; `lastStage + 1`: the whole backbone is.
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

/** @throws UsageError when a phase trains nothing, or trains stages the backbone does not have */
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
