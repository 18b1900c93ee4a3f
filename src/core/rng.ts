/** A seeded random number generator. Not for secrets. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
}

/** FNV-1a over the UTF-16 code units of the keys; spreads (seed, epoch, image) over 32 bits. */
function hashKeys(keys: readonly (string | number)[]): number {
  let value = 0x811c9dc5;
  for (const character of keys.join('\u0000')) {
    value ^= character.codePointAt(0)!;
    value = Math.imul(value, 0x01000193);
  }
  return value >>> 0;
}

/**
 * Creates a generator that depends only on its keys. The numbers for (seed, epoch, image) are the same in every order and in every worker.
 * mulberry32 (Tommy Ettinger, public domain algorithm).
 */
export function createRng(...keys: readonly (string | number)[]): Rng {
  let state = hashKeys(keys);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    integer: limit => Math.floor(next() * limit),
    uniform: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], rng: Rng): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
