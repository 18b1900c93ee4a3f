import type {Sample} from '../sample.js';

/** One fold of a cross-validation. */
export interface Fold {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** Fractions of the images for each split. */
export interface SplitRatios {
  /** Fraction of the files for validation, 0..1. */
  readonly validation: number;
  readonly test: number;
  readonly fold?: Fold;
}

/** Images that are assigned together. */
export interface Group {
  readonly samples: readonly Sample[];
  /** Number of different files in the group. */
  readonly size: number;
  /** The smallest hash of these files. */
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

/** Assigns groups with cross-validation. All folds have the same test images. */
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
 * Takes the first groups up to the target size, skipping groups that would far exceed it. Takes at least one group, the smallest, for a
 * target above 0; never takes all.
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
 * Assigns groups to the folds one by one, each to the smallest fold. Returns the groups in one fold, and the others. A class with a single
 * group is always in training.
 */
function assignFold(
  groups: readonly Group[],
  {number, of}: Fold,
  offset: number,
): [inFold: Group[], others: Group[]] {
  if (groups.length < 2) return [[], [...groups]];
  // Classes start at different folds, so that no fold gets all remainders.
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

/** Assigns the groups of one class to splits. @param label label of the class */
export const assignGroups = (
  groups: readonly Group[],
  ratios: SplitRatios,
  label: number,
): SplitAssignment =>
  ratios.fold === undefined
    ? assignByRatio(groups, ratios)
    : assignWithFold(groups, ratios, ratios.fold, label);
