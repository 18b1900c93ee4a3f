import {
  computeDescriptor,
  descriptorSimilarity,
  hammingDistance,
  highSigns,
  KEY_BITS,
  fillKeys,
  lowSigns,
} from './perceptual-hash.js';
import {COEFFICIENTS, mirror, wholeCoefficients, WINDOW_COUNT} from './window-coefficients.js';

/** Maximum Hamming distance of the 63-bit hashes. Hashes of unrelated images differ in 31 bits. */
const MAX_DISTANCE = 14;

/** Number of key bits that are tried both ways: of a whole image in the index, and of a window in a query. */
const [INDEX_FLIP_BITS, QUERY_FLIP_BITS] = [4, 4];
const KEYS_PER_ENTRY = 2 ** INDEX_FLIP_BITS;

/** Maximum number of entries compared per key: enough for neighbors in a series of similar images to meet. */
const MAX_ENTRIES_PER_KEY = 256;

/**
 * Maximum number of similar hashes for which descriptors are compared, nearest first. Images of one kind, such as X-rays, all have similar
 * hashes.
 */
const MAX_DESCRIBED = 1024;

/** Maximum number of matches kept per distance: a multiple of it, since a match may be found under several keys. */
const MAX_PER_DISTANCE = 4 * MAX_DESCRIBED;

/**
 * Minimum similarity of descriptors. Of 86,000 pairs of near-duplicates among altered copies of three sets, one in 1,000 is below 0.79. Of
 * other pairs with similar hashes, among small images, eight in ten are.
 */
const MIN_SIMILARITY = 0.62;

/** Maximum number of candidates of a fingerprint, and of windows per candidate; the most similar are kept. */
const [MAX_CANDIDATES, MAX_WINDOWS] = [16, 4];

/** A whole image that is similar to windows of another image. */
export interface Candidate {
  readonly number: number;
  readonly isMirrored: boolean;
  /** Numbers of the windows, most similar first. */
  readonly windows: number[];
}

/** Tables of an index: typed arrays over shared memory, which threads read without a copy. */
export interface HashTables {
  /** Image of each entry, sorted by key, then by image: twice the number of the fingerprint, plus one if mirrored. */
  readonly entries: Int32Array;
  /** Hash of the image of each entry. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** `[2^KEY_BITS + 1]`: offset of the first entry of each key. */
  readonly begin: Int32Array;
  /** Descriptor of each fingerprint, as `computeDescriptor` returns it. */
  readonly descriptors: Float32Array;
}

const allocateShared = (length: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(4 * length));

/**
 * Indexes whole fingerprints, unmirrored and mirrored. The tables take 640 bytes per fingerprint.
 *
 * @param fingerprints undefined ones are not indexed
 * @param pause awaited at regular intervals
 */
export async function buildHashTables(
  fingerprints: readonly (Uint8Array | undefined)[],
  pause: () => Promise<void>,
): Promise<HashTables> {
  const {length} = fingerprints;
  const keys = new Int32Array(2 * length * KEYS_PER_ENTRY).fill(-1);
  const [lows, highs] = [new Int32Array(2 * length), new Int32Array(2 * length)];
  const descriptors = new Float32Array(new SharedArrayBuffer(4 * COEFFICIENTS * length));
  const whole = new Float64Array(COEFFICIENTS);
  for (const [i, fingerprint] of fingerprints.entries()) {
    if (i % 4096 === 4095) await pause();
    if (fingerprint === undefined) continue;
    wholeCoefficients(fingerprint, whole);
    computeDescriptor(whole, 0, descriptors, i * COEFFICIENTS);
    for (const entry of [2 * i, 2 * i + 1]) {
      fillKeys(
        keys.subarray(entry * KEYS_PER_ENTRY, (entry + 1) * KEYS_PER_ENTRY),
        whole,
        0,
        INDEX_FLIP_BITS,
      );
      lows[entry] = lowSigns(whole, 0);
      highs[entry] = highSigns(whole, 0);
      mirror(whole);
    }
  }
  return {...sortByKey(keys, lows, highs), descriptors};
}

function sortByKey(
  keys: Int32Array,
  lows: Int32Array,
  highs: Int32Array,
): Omit<HashTables, 'descriptors'> {
  const begin = allocateShared(2 ** KEY_BITS + 1);
  for (const key of keys) if (key >= 0) begin[key + 1]!++;
  for (let key = 1; key < begin.length; key++) begin[key]! += begin[key - 1]!;
  const count = begin.at(-1)!;
  const tables = {
    entries: allocateShared(count),
    low: allocateShared(count),
    high: allocateShared(count),
    begin,
  };
  const next = begin.slice();
  for (let i = 0; i < keys.length; i++) {
    if (keys[i]! < 0) continue;
    const [place, entry] = [next[keys[i]!]!++, Math.floor(i / KEYS_PER_ENTRY)];
    tables.entries[place] = entry;
    tables.low[place] = lows[entry]!;
    tables.high[place] = highs[entry]!;
  }
  return tables;
}

/** An image that matches a window of the query fingerprint. */
interface Match {
  readonly entry: number;
  readonly window: number;
  readonly similarity: number;
}

/** Finds images that are similar to a window of a fingerprint. */
export class HashIndex {
  readonly #keys = new Int32Array(2 ** QUERY_FLIP_BITS);
  readonly #near: number[][] = Array.from({length: MAX_DISTANCE + 1}, () => []);
  /** Descriptors of the windows of the query fingerprint. Valid where `#isDescribed` is 1. */
  readonly #descriptors = new Float32Array(WINDOW_COUNT * COEFFICIENTS);
  readonly #isDescribed = new Uint8Array(WINDOW_COUNT);

  constructor(readonly tables: HashTables) {}

  /**
   * Images that may be a crop of a fingerprint, most similar first.
   *
   * @param coefficients coefficients of the fingerprint's windows
   * @param number the fingerprint's own number, which determines its position among the entries of a key
   * @param isSearched false for fingerprints that need not be found, including the fingerprint itself
   */
  candidates(
    coefficients: Float64Array,
    number: number,
    isSearched: (other: number) => boolean,
  ): Candidate[] {
    const matches = this.#findMatches(coefficients, number, isSearched);
    matches.sort((a, b) => b.similarity - a.similarity || a.entry - b.entry || a.window - b.window);
    const found = new Map<number, Candidate>();
    for (const {entry, window} of matches) {
      const known = found.get(entry);
      if (known === undefined) {
        if (found.size < MAX_CANDIDATES)
          found.set(entry, {
            number: entry >> 1,
            isMirrored: entry % 2 === 1,
            windows: [window],
          });
      } else if (known.windows.length < MAX_WINDOWS) known.windows.push(window);
    }
    return [...found.values()];
  }

  #findMatches(
    coefficients: Float64Array,
    number: number,
    isSearched: (other: number) => boolean,
  ): Match[] {
    const matches: Match[] = [];
    const seen = new Set<number>();
    this.#isDescribed.fill(0);
    for (const near of this.#findSimilarHashes(coefficients, number, isSearched)) {
      for (const match of near) {
        const [entry, window] = [Math.floor(match / WINDOW_COUNT), match % WINDOW_COUNT];
        if (seen.has(match)) continue;
        seen.add(match);
        const similarity = this.#similarity(coefficients, window, entry);
        if (similarity >= MIN_SIMILARITY) matches.push({entry, window, similarity});
        if (seen.size === MAX_DESCRIBED) return matches;
      }
    }
    return matches;
  }

  #similarity(coefficients: Float64Array, window: number, entry: number): number {
    const at = window * COEFFICIENTS;
    if (this.#isDescribed[window] === 0) computeDescriptor(coefficients, at, this.#descriptors, at);
    this.#isDescribed[window] = 1;
    return descriptorSimilarity(
      this.#descriptors,
      at,
      this.tables.descriptors,
      (entry >> 1) * COEFFICIENTS,
      entry % 2 === 1,
    );
  }

  /** Matches by Hamming distance, from 0 up: image and window encoded as one number. May contain duplicates. */
  #findSimilarHashes(
    coefficients: Float64Array,
    number: number,
    isSearched: (other: number) => boolean,
  ): number[][] {
    const {entries, low, high, begin} = this.tables;
    const near = this.#near;
    for (const matches of near) matches.length = 0;
    for (let window = 0; window < WINDOW_COUNT; window++) {
      const at = window * COEFFICIENTS;
      const [ownLow, ownHigh] = [lowSigns(coefficients, at), highSigns(coefficients, at)];
      fillKeys(this.#keys, coefficients, at, QUERY_FLIP_BITS);
      for (const key of this.#keys) {
        let [place, end] = [begin[key]!, begin[key + 1]!];
        if (end - place > MAX_ENTRIES_PER_KEY)
          end = (place = this.#firstEntryNear(number, place, end)) + MAX_ENTRIES_PER_KEY;
        for (; place < end; place++) {
          const bits = hammingDistance(ownLow, ownHigh, low[place]!, high[place]!);
          if (
            bits > MAX_DISTANCE ||
            near[bits]!.length > MAX_PER_DISTANCE ||
            !isSearched(entries[place]! >> 1)
          )
            continue;
          near[bits]!.push(entries[place]! * WINDOW_COUNT + window);
        }
      }
    }
    return near;
  }

  /** The first entry to compare if a key has too many: the entries around the fingerprint's own are compared. */
  #firstEntryNear(number: number, begin: number, end: number): number {
    let [low, high] = [begin, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tables.entries[middle]! < 2 * number) low = middle + 1;
      else high = middle;
    }
    return Math.max(begin, Math.min(low - MAX_ENTRIES_PER_KEY / 2, end - MAX_ENTRIES_PER_KEY));
  }
}
