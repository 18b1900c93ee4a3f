import {archSpec, type Arch} from '../../backbones/resnet-specs.js';
import {groupBy} from '../../core/group-by.js';

/** Traits of a network by which a study compares it with others. */
export interface NetworkTraits {
  readonly arch: Arch;
  /** Layers with weights on the longest way: convolutions and the classifier. */
  readonly depth: number;
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
  readonly preActivation: boolean;
  /** Everything else that a network is. */
  readonly others: string;
}

export function networkTraits(arch: Arch): NetworkTraits {
  const {blocksPerStage, shortcut, preActivation, inTorchvision: _, ...others} = archSpec(arch);
  const convsPerBlock = others.block === 'basic' ? 2 : 3;
  const blocks = blocksPerStage.reduce((sum, count) => sum + count, 0);
  return {
    arch,
    depth: convsPerBlock * blocks + 2,
    shortcut,
    preActivation,
    others: JSON.stringify(others),
  };
}

/** Two networks that differ in one trait only. */
export interface NetworkPair {
  readonly differsIn: 'depth' | 'shortcut' | 'preActivation';
  readonly from: Arch;
  /** The deeper network, the one with more projections, or the one with pre-activation. */
  readonly to: Arch;
}

const SHORTCUTS: readonly NetworkTraits['shortcut'][] = ['none', 'A', 'B', 'C'];

/** Traits as numbers that grow from the first network of a pair to the second. */
const RANKS: Readonly<Record<NetworkPair['differsIn'], (traits: NetworkTraits) => number>> = {
  depth: ({depth}) => depth,
  shortcut: ({shortcut}) => SHORTCUTS.indexOf(shortcut),
  preActivation: ({preActivation}) => Number(preActivation),
};

const TRAITS = Object.keys(RANKS) as NetworkPair['differsIn'][];

/** Finds the pairs that differ in one trait only. A pair has no network between its two. */
export function findPairs(archs: readonly Arch[]): NetworkPair[] {
  return TRAITS.flatMap(differsIn => {
    const rank = RANKS[differsIn];
    const same = (traits: NetworkTraits): string =>
      [traits.others, ...TRAITS.map(trait => trait !== differsIn && RANKS[trait](traits))].join();
    const families = [...groupBy(archs.map(networkTraits), same).values()];
    return families.flatMap(family => {
      const ordered = family.toSorted((a, b) => rank(a) - rank(b));
      return ordered
        .slice(1)
        .map((to, i): NetworkPair => ({differsIn, from: ordered[i]!.arch, to: to.arch}));
    });
  });
}

/** The kind of a network for readers: `plain`, `residual` or `pre-activation`. */
export const networkKind = ({shortcut, preActivation}: NetworkTraits): string =>
  preActivation ? 'pre-activation' : shortcut === 'none' ? 'plain' : 'residual';
