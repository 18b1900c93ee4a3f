import {groupBy} from '../../core/group-by.js';

/** The items 0, 1, 2, ... in groups that are joined (Tarjan's disjoint sets, paths halved). */
export class Groups {
  readonly #parents: Int32Array;

  constructor(readonly count: number) {
    this.#parents = Int32Array.from({length: count}, (_, i) => i);
  }

  /** The first item of the group that an item is in. */
  of(item: number): number {
    let root = item;
    while (this.#parents[root] !== root)
      root = this.#parents[root] = this.#parents[this.#parents[root]!]!;
    return root;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.of(a), this.of(b)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }

  /** Every group, each in order, by their first items. */
  list(): number[][] {
    const items = Array.from({length: this.count}, (_, i) => i);
    return [...groupBy(items, item => this.of(item)).values()];
  }
}

/** Items that share one of their keys, or are joined by others that do, together; in the order of the first of each group. */
export function groupsOf<Item>(
  items: readonly Item[],
  ...keys: readonly ((item: Item) => string)[]
): Item[][] {
  const groups = new Groups(items.length);
  for (const keyOf of keys) {
    const first = new Map<string, number>();
    items.forEach((item, i) => {
      const key = keyOf(item);
      const before = first.get(key);
      if (before === undefined) first.set(key, i);
      else groups.join(before, i);
    });
  }
  return groups.list().map(group => group.map(i => items[i]!));
}
