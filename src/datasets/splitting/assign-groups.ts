import type {Sample} from '../sample.js';

/** One fold of a cross-validation. */
export interface Fold {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** How many images go to each split. */
export interface SplitRatios {
  /** Shares of the files, 0..1. */
  readonly validation: number;
  readonly test: number;
  readonly fold?: Fold;
}

/** Images that are assigned together. */
export interface Group {
  readonly samples: readonly Sample[];
  /** Different files in it. */
  readonly size: number;
  /** The least hash of them. */
  readonly hash: string;
}

/** The groups of one class, by split. */
export type SplitAssignment = Readonly<Record<'train' | 'validation' | 'test', readonly Group[]>>;

const countFiles = (groups: readonly Group[]): number =>
  groups.reduce((sum, {size}) => sum + size, 0);

function assignByRatio(groups: readonly Group[], ratios: SplitRatios): SplitAssignment {
  const [validation, others] = takeShare(groups, countFiles(groups) * ratios.validation);
  const [test, train] = takeShare(others, countFiles(groups) * ratios.test);
  return {train, validation, test};
}

/** The test images of all folds are the same. */
function assignWithFold(
  groups: readonly Group[],
  ratios: SplitRatios,
  fold: Fold,
  label: number,
): SplitAssignment {
  const [test, others] = takeShare(groups, countFiles(groups) * ratios.test);
  const [validation, train] = assignFold(others, fold, label);
  return {train, validation, test};
}

/**
 * The first groups that make up the target, without those that would far exceed it; at least one group, the smallest, for a target above 0;
 * never all.
 */
function takeShare(groups: readonly Group[], target: number): [share: Group[], others: Group[]] {
  const selected = new Set<Group>();
  let count = 0;
  for (const group of groups) {
    if (selected.size === groups.length - 1 || count >= Math.round(target)) break;
    if (count + group.size / 2 > Math.round(target)) continue;
    selected.add(group);
    count += group.size;
  }
  if (selected.size === 0 && target > 0 && groups.length > 1)
    selected.add(
      groups.reduce((smallest, group) => (group.size < smallest.size ? group : smallest)),
    );
  return [[...selected], groups.filter(group => !selected.has(group))];
}

/**
 * Assigns groups to the folds one by one, each to the smallest fold; returns those of one fold, and the others. A class that is one group is
 * always in training.
 */
function assignFold(
  groups: readonly Group[],
  {number, of}: Fold,
  offset: number,
): [inFold: Group[], others: Group[]] {
  if (groups.length < 2) return [[], [...groups]];
  // Classes begin at different folds, so that no fold gets all remainders.
  const order = Array.from({length: of}, (_, i) => (i + offset) % of);
  const sizes = new Array<number>(of).fill(0);
  const [inFold, others]: [Group[], Group[]] = [[], []];
  for (const group of groups) {
    const smallest = order.reduce((best, fold) => (sizes[fold]! < sizes[best]! ? fold : best));
    sizes[smallest]! += group.size;
    (smallest === number - 1 ? inFold : others).push(group);
  }
  return [inFold, others];
}

/** @param label of the class of the groups */
export const assignGroups = (
  groups: readonly Group[],
  ratios: SplitRatios,
  label: number,
): SplitAssignment =>
  ratios.fold === undefined
    ? assignByRatio(groups, ratios)
    : assignWithFold(groups, ratios, ratios.fold, label);
