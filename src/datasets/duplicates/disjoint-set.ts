import {groupBy} from '../../core/group-by.js';

/** A disjoint-set (union-find) structure of the items 0, 1, 2, ... (Tarjan, with path halving). */
export class DisjointSet {
  readonly #parents: Int32Array;

  constructor(readonly count: number) {
    this.#parents = Int32Array.from({length: count}, (_, i) => i);
  }

  /** The first item of the set that contains an item. */
  find(item: number): number {
    let root = item;
    while (this.#parents[root] !== root)
      root = this.#parents[root] = this.#parents[this.#parents[root]!]!;
    return root;
  }

  union(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }

  /** All sets, each sorted, in the order of their first items. */
  components(): number[][] {
    const items = Array.from({length: this.count}, (_, i) => i);
    return [...groupBy(items, item => this.find(item)).values()];
  }
}

/** Groups of items that share a key, directly or through other items, in the order of their first items. */
export function connectedComponents<Item>(
  items: readonly Item[],
  ...keys: readonly ((item: Item) => string)[]
): Item[][] {
  const set = new DisjointSet(items.length);
  for (const keyOf of keys) {
    const first = new Map<string, number>();
    items.forEach((item, i) => {
      const key = keyOf(item);
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, i);
      else set.union(earlier, i);
    });
  }
  return set.components().map(group => group.map(i => items[i]!));
}
