import {
  COEFFICIENTS,
  describe,
  descriptionLikeness,
  distance,
  highSigns,
  KEY_BITS,
  keysInto,
  lowSigns,
  mirror,
  wholeCoefficients,
  WINDOWS,
} from './perceptual-hash.js';

/** Hashes of 63 bits that differ in more are not looked at any further; those of unlike images differ in 31. */
const MOST_DISTANT = 14;

/** Bits of a key that are tried both ways: those that an image as a whole is indexed under, and those that a window is looked for under. */
const [INDEXED_DOUBTED, WINDOW_DOUBTED] = [4, 4];
const INDEXED_KEYS = 2 ** INDEXED_DOUBTED;

/** Entries that are looked at under one key: enough for neighbors in a row of like images to meet. */
const MOST_LOOKED_AT = 256;

/** Hashes nearly alike that are described, the nearest first. Among images of one kind, such as X-rays, all hash nearly alike. */
const MOST_DESCRIBED = 1024;

/** Those of one distance that are noted: several times as many, since one may be found under several keys. */
const MOST_NOTED = 4 * MOST_DESCRIBED;

/**
 * What is described less alike is no candidate. Of 86,000 pairs that proved to show one photograph, among altered copies of three sets, one in
 * 1,000 is below 0.79; of others that hash nearly alike, among small photographs, eight in ten.
 */
const LEAST_ALIKE = 0.62;

/** Candidates of a print, the most alike, and windows of each. */
const [MOST_CANDIDATES, MOST_WINDOWS] = [16, 4];

/** A whole image that is nearly alike to windows of another. */
export interface Candidate {
  readonly number: number;
  readonly isMirrored: boolean;
  /** Numbers of the windows, the most alike first. */
  readonly windows: number[];
}

/** The tables of an index: typed arrays over shared memory, which threads read as they are. */
export interface PrintTables {
  /** By entry, sorted by key, those of a key by image: twice the number of the print, and one more for it mirrored. */
  readonly pictures: Int32Array;
  /** The hash of the image. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** `[2^KEY_BITS + 1]`: where the entries of a key begin. */
  readonly begin: Int32Array;
  /** By print: what `describe` makes of it. */
  readonly descriptions: Float32Array;
}

const shared = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/**
 * Indexes fingerprints as wholes, as they are and mirrored: 640 bytes a fingerprint.
 *
 * @param prints undefined ones are not found
 * @param pause awaited now and then
 */
export async function indexPrints(
  prints: readonly (Uint8Array | undefined)[],
  pause: () => Promise<void>,
): Promise<PrintTables> {
  const keys = new Int32Array(2 * prints.length * INDEXED_KEYS).fill(-1);
  const [lows, highs] = [new Int32Array(2 * prints.length), new Int32Array(2 * prints.length)];
  const descriptions = new Float32Array(new SharedArrayBuffer(4 * COEFFICIENTS * prints.length));
  const whole = new Float64Array(COEFFICIENTS);
  for (const [i, print] of prints.entries()) {
    if (i % 4096 === 4095) await pause();
    if (print === undefined) continue;
    wholeCoefficients(print, whole);
    describe(whole, 0, descriptions, i * COEFFICIENTS);
    for (const picture of [2 * i, 2 * i + 1]) {
      keysInto(
        keys.subarray(picture * INDEXED_KEYS, (picture + 1) * INDEXED_KEYS),
        whole,
        0,
        INDEXED_DOUBTED,
      );
      lows[picture] = lowSigns(whole, 0);
      highs[picture] = highSigns(whole, 0);
      mirror(whole);
    }
  }
  return {...sortedByKey(keys, lows, highs), descriptions};
}

function sortedByKey(
  keys: Int32Array,
  lows: Int32Array,
  highs: Int32Array,
): Omit<PrintTables, 'descriptions'> {
  const begin = shared(2 ** KEY_BITS + 1);
  for (const key of keys) if (key >= 0) begin[key + 1]!++;
  for (let key = 1; key < begin.length; key++) begin[key]! += begin[key - 1]!;
  const count = begin.at(-1)!;
  const tables = {pictures: shared(count), low: shared(count), high: shared(count), begin};
  const next = begin.slice();
  for (let i = 0; i < keys.length; i++) {
    if (keys[i]! < 0) continue;
    const [place, picture] = [next[keys[i]!]!++, Math.floor(i / INDEXED_KEYS)];
    tables.pictures[place] = picture;
    tables.low[place] = lows[picture]!;
    tables.high[place] = highs[picture]!;
  }
  return tables;
}

/** An image and a window of the print that is looked for. */
interface Match {
  readonly picture: number;
  readonly window: number;
  readonly likeness: number;
}

/** Finds the images that are nearly alike to a window of a fingerprint. */
export class PrintIndex {
  readonly #keys = new Int32Array(2 ** WINDOW_DOUBTED);
  readonly #near: number[][] = Array.from({length: MOST_DISTANT + 1}, () => []);
  /** Of the windows of the print that is looked for, where `#described` says so. */
  readonly #descriptions = new Float32Array(WINDOWS * COEFFICIENTS);
  readonly #described = new Uint8Array(WINDOWS);

  constructor(readonly tables: PrintTables) {}

  /**
   * Candidates for images that are a part of a print, the most alike first.
   *
   * @param coefficients of its windows
   * @param number its own, for where it would stand among the others
   * @param isWanted false for numbers of prints that need not be found, its own among them
   */
  candidates(
    coefficients: Float64Array,
    number: number,
    isWanted: (other: number) => boolean,
  ): Candidate[] {
    const matches = this.#matches(coefficients, number, isWanted);
    matches.sort((a, b) => b.likeness - a.likeness || a.picture - b.picture || a.window - b.window);
    const found = new Map<number, Candidate>();
    for (const {picture, window} of matches) {
      const known = found.get(picture);
      if (known === undefined) {
        if (found.size < MOST_CANDIDATES)
          found.set(picture, {
            number: picture >> 1,
            isMirrored: picture % 2 === 1,
            windows: [window],
          });
      } else if (known.windows.length < MOST_WINDOWS) known.windows.push(window);
    }
    return [...found.values()];
  }

  #matches(
    coefficients: Float64Array,
    number: number,
    isWanted: (other: number) => boolean,
  ): Match[] {
    const matches: Match[] = [];
    const seen = new Set<number>();
    this.#described.fill(0);
    for (const near of this.#hashedAlike(coefficients, number, isWanted)) {
      for (const match of near) {
        const [picture, window] = [Math.floor(match / WINDOWS), match % WINDOWS];
        if (seen.has(match)) continue;
        seen.add(match);
        const likeness = this.#likeness(coefficients, window, picture);
        if (likeness >= LEAST_ALIKE) matches.push({picture, window, likeness});
        if (seen.size === MOST_DESCRIBED) return matches;
      }
    }
    return matches;
  }

  #likeness(coefficients: Float64Array, window: number, picture: number): number {
    const at = window * COEFFICIENTS;
    if (this.#described[window] === 0) describe(coefficients, at, this.#descriptions, at);
    this.#described[window] = 1;
    return descriptionLikeness(
      this.#descriptions,
      at,
      this.tables.descriptions,
      (picture >> 1) * COEFFICIENTS,
      picture % 2 === 1,
    );
  }

  /** By distance, from none up: an image and a window of the print, as one number; some more than once. */
  #hashedAlike(
    coefficients: Float64Array,
    number: number,
    isWanted: (other: number) => boolean,
  ): number[][] {
    const {pictures, low, high, begin} = this.tables;
    const near = this.#near;
    for (const matches of near) matches.length = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const at = window * COEFFICIENTS;
      const [ownLow, ownHigh] = [lowSigns(coefficients, at), highSigns(coefficients, at)];
      keysInto(this.#keys, coefficients, at, WINDOW_DOUBTED);
      for (const key of this.#keys) {
        let [place, end] = [begin[key]!, begin[key + 1]!];
        if (end - place > MOST_LOOKED_AT)
          end = (place = this.#firstAbout(number, place, end)) + MOST_LOOKED_AT;
        for (; place < end; place++) {
          const away = distance(ownLow, ownHigh, low[place]!, high[place]!);
          if (
            away > MOST_DISTANT ||
            near[away]!.length > MOST_NOTED ||
            !isWanted(pictures[place]! >> 1)
          )
            continue;
          near[away]!.push(pictures[place]! * WINDOWS + window);
        }
      }
    }
    return near;
  }

  /** The first of a key's entries that is looked at, where they are too many: those about a print's own are. */
  #firstAbout(number: number, begin: number, end: number): number {
    let [low, high] = [begin, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tables.pictures[middle]! < 2 * number) low = middle + 1;
      else high = middle;
    }
    return Math.max(begin, Math.min(low - MOST_LOOKED_AT / 2, end - MOST_LOOKED_AT));
  }
}
