import {COEFFICIENTS, coefficientsOf, distance, hashOf, KEY_BITS, keysOf, windowAt, WINDOWS} from './print-hash.js';
import type {PrintWindow} from './print-likeness.js';

/**
 * Hashes of 63 bits that differ in more are not looked at any further; those of unlike pictures differ in 31. Fewer among many pictures, so
 * that a picture has about as many candidates among 300,000 as among 5,000; what that loses are copies cut by a fifth and more.
 */
const candidateDistance = (prints: number): number => Math.max(8, Math.round(14 - 0.65 * Math.log2(Math.max(1, prints / 5000))));

/** Entries that are looked at under one key: enough for neighbours in a row of like pictures to meet. */
const MOST_LOOKED_AT = 1024;

/**
 * Candidates of a print, those that hash most alike, and windows of each. Among pictures of one kind, such as X-rays, all are candidates:
 * without a limit 500 such prints take 20 s, and ten times as many a hundred times as long.
 */
const [MOST_CANDIDATES, MOST_WINDOWS] = [12, 6];

/** Finds the thumbprints a window of which hashes nearly as another thumbprint does. 1.6 KB a thumbprint. */
export class PrintIndex {
  readonly #first: number;
  readonly #distance: number;
  /** By entry, which is a print and a window of it: the hash. */
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  /** The entries, sorted by key, those of a key by print. */
  readonly #entries: Int32Array;
  /** `[2^KEY_BITS + 1]`: where the entries of a key begin. */
  readonly #begin = new Int32Array(2 ** KEY_BITS + 1);

  /**
   * @param prints undefined ones are not found
   * @param first the number of the first print, as those that are found are numbered
   * @param total prints of this index and of others that are looked through together
   */
  constructor(prints: readonly (Uint8Array | undefined)[], first: number, total: number) {
    this.#first = first;
    this.#distance = candidateDistance(total);
    const count = prints.length * WINDOWS;
    this.#low = new Int32Array(count);
    this.#high = new Int32Array(count);
    const keys = new Int32Array(count).fill(-1);
    prints.forEach((print, i) => {
      if (print !== undefined) this.#hash(print, i * WINDOWS, keys);
    });
    this.#entries = this.#sorted(keys);
  }

  #hash(print: Uint8Array, entry: number, keys: Int32Array): void {
    const coefficients = coefficientsOf(print);
    for (let window = 0; window < WINDOWS; window++) {
      const {low, high, key} = hashOf(coefficients.subarray(window * COEFFICIENTS, (window + 1) * COEFFICIENTS));
      this.#low[entry + window] = low;
      this.#high[entry + window] = high;
      keys[entry + window] = key;
    }
  }

  #sorted(keys: Int32Array): Int32Array {
    const begin = this.#begin;
    for (const key of keys) if (key >= 0) begin[key + 1]!++;
    for (let key = 1; key < begin.length; key++) begin[key]! += begin[key - 1]!;
    const entries = new Int32Array(begin.at(-1)!);
    const next = begin.slice();
    keys.forEach((key, entry) => {
      if (key >= 0) entries[next[key]!++] = entry;
    });
    return entries;
  }

  /**
   * Candidates for copies of a print, those that hash most alike.
   *
   * @param coefficients `[8, 8]` of the whole of it
   * @param number its own, for where it would stand among the others
   * @param isWanted false for numbers of prints that need not be found, its own among them
   * @returns by number of a print: its windows that hash nearly alike, the nearest first
   */
  alike(coefficients: Float64Array, number: number, isWanted: (other: number) => boolean): Map<number, PrintWindow[]> {
    const found = new Map<number, PrintWindow[]>();
    for (const entry of this.#entriesAlike(coefficients, number).flat()) {
      const window = entry % WINDOWS;
      const other = this.#first + (entry - window) / WINDOWS;
      const windows = found.get(other);
      if (windows !== undefined) {
        if (windows.length < MOST_WINDOWS) windows.push(windowAt(window));
      } else if (found.size < MOST_CANDIDATES && isWanted(other)) {
        found.set(other, [windowAt(window)]);
      }
    }
    return found;
  }

  /** By distance, from none up: entries that hash nearly as the print does. */
  #entriesAlike(coefficients: Float64Array, number: number): number[][] {
    const hash = hashOf(coefficients);
    const entries: number[][] = Array.from({length: this.#distance + 1}, () => []);
    for (const key of keysOf(coefficients, hash)) {
      const [from, end] = this.#lookedAt(key, number);
      for (let place = from; place < end; place++) {
        const entry = this.#entries[place]!;
        const away = distance(hash.low, hash.high, this.#low[entry]!, this.#high[entry]!);
        if (away <= this.#distance) entries[away]!.push(entry);
      }
    }
    return entries;
  }

  /** The places of a key's entries, or of those about a print's own where they are too many. */
  #lookedAt(key: number, number: number): [from: number, end: number] {
    const [begin, end] = [this.#begin[key]!, this.#begin[key + 1]!];
    if (end - begin <= MOST_LOOKED_AT) return [begin, end];
    const own = (number - this.#first) * WINDOWS;
    let [low, high] = [begin, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]! < own) low = middle + 1;
      else high = middle;
    }
    const from = Math.max(begin, Math.min(low - MOST_LOOKED_AT / 2, end - MOST_LOOKED_AT));
    return [from, from + MOST_LOOKED_AT];
  }
}
