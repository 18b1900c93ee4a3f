import type {Sample} from '../sample.js';

/** A part of a cross-validation. */
export interface Fold {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** How much goes to each part. */
export interface Drawing {
  /** Shares of the files, 0..1. */
  readonly validation: number;
  readonly test: number;
  readonly fold?: Fold;
}

/** What is drawn as one. */
export interface Group {
  readonly samples: readonly Sample[];
  /** Different files in it. */
  readonly size: number;
  /** The least hash of them. */
  readonly hash: string;
}

/** The groups of one class, part by part. */
export type Drawn = Readonly<Record<'train' | 'validation' | 'test', readonly Group[]>>;

const filesIn = (groups: readonly Group[]): number => groups.reduce((sum, {size}) => sum + size, 0);

function drawOnce(groups: readonly Group[], shares: Drawing): Drawn {
  const [validation, others] = taken(groups, filesIn(groups) * shares.validation);
  const [test, train] = taken(others, filesIn(groups) * shares.test);
  return {train, validation, test};
}

/** The test images of all folds are the same. */
function drawFold(groups: readonly Group[], shares: Drawing, fold: Fold, label: number): Drawn {
  const [test, others] = taken(groups, filesIn(groups) * shares.test);
  const [validation, train] = dealt(others, fold, label);
  return {train, validation, test};
}

/**
 * The first groups that make up so many images, those left out that would make it many more; at least one group, the smallest, where any
 * image was asked for; never all.
 */
function taken(groups: readonly Group[], wanted: number): [taken: Group[], others: Group[]] {
  const few = new Set<Group>();
  let count = 0;
  for (const group of groups) {
    if (few.size === groups.length - 1 || count >= Math.round(wanted)) break;
    if (count + group.size / 2 > Math.round(wanted)) continue;
    few.add(group);
    count += group.size;
  }
  if (few.size === 0 && wanted > 0 && groups.length > 1)
    few.add(groups.reduce((least, group) => (group.size < least.size ? group : least)));
  return [[...few], groups.filter(group => !few.has(group))];
}

/**
 * Groups dealt out to the folds one by one, each to the smallest of them: those of one fold, and the others. A class that is one group is
 * always trained on.
 */
function dealt(
  groups: readonly Group[],
  {number, of}: Fold,
  first: number,
): [own: Group[], others: Group[]] {
  if (groups.length < 2) return [[], [...groups]];
  // Classes begin at different folds, so that none gets all that is over.
  const order = Array.from({length: of}, (_, i) => (i + first) % of);
  const sizes = new Array<number>(of).fill(0);
  const [own, others]: [Group[], Group[]] = [[], []];
  for (const group of groups) {
    const least = order.reduce((best, fold) => (sizes[fold]! < sizes[best]! ? fold : best));
    sizes[least]! += group.size;
    (least === number - 1 ? own : others).push(group);
  }
  return [own, others];
}

/** @param label of the class that the groups are drawn for */
export const drawGroups = (groups: readonly Group[], drawing: Drawing, label: number): Drawn =>
  drawing.fold === undefined
    ? drawOnce(groups, drawing)
    : drawFold(groups, drawing, drawing.fold, label);
