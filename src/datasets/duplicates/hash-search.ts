import {COEFFICIENTS, windowCoefficients, WINDOWS, WINDOW_COUNT} from './window-coefficients.js';
import {HashIndex, type HashTables} from './hash-index.js';
import {computeEdges, isSimilar, WHOLE, type Edges} from './edge-similarity.js';
import {FINGERPRINT_BYTES, mirrorFingerprint} from './fingerprint.js';

/**
 * Minimum similarity of near-duplicates. Chosen on 6,084 images of four sets and 8,700 altered copies of them (`bench/near-duplicates.ts`):
 * below it are different images of one dandelion on a plain ground.
 */
const MIN_DUPLICATE_SIMILARITY = 0.94;

/** The data that threads search for near-duplicates, all in shared memory. */
export interface FingerprintSet {
  /** `[count, 32, 32]` */
  readonly fingerprints: Uint8Array;
  readonly tables: HashTables;
  /** Group of each fingerprint at the start of its block. Threads do not change it. */
  readonly groups: Int32Array;
  /** 1 for fingerprints that take part in the search. */
  readonly searched: Uint8Array;
}

/** Searches for near-duplicates, one fingerprint at a time. */
export class DuplicateSearch {
  readonly #index: HashIndex;
  readonly #coefficients = new Float64Array(WINDOW_COUNT * COEFFICIENTS);
  readonly #whole: Edges = computeEdges(new Uint8Array(FINGERPRINT_BYTES), WHOLE);

  constructor(readonly set: FingerprintSet) {
    this.#index = new HashIndex(set.tables);
  }

  readonly #fingerprintAt = (number: number): Uint8Array =>
    this.set.fingerprints.subarray(number * FINGERPRINT_BYTES, (number + 1) * FINGERPRINT_BYTES);

  /** Numbers of the fingerprints that are similar to a window of this one, except those of its own group. */
  findDuplicates(number: number): number[] {
    const {groups, searched} = this.set;
    if (searched[number] === 0) return [];
    const fingerprint = this.#fingerprintAt(number);
    windowCoefficients(fingerprint, this.#coefficients);
    const candidates = this.#index.candidates(
      this.#coefficients,
      number,
      other => groups[other] !== groups[number],
    );
    const edges = new Map<number, Edges>();
    const edgesAt = (window: number): Edges => {
      const cached = edges.get(window);
      if (cached !== undefined) return cached;
      const computed = computeEdges(fingerprint, WINDOWS[window]!);
      edges.set(window, computed);
      return computed;
    };
    const duplicates: number[] = [];
    for (const {number: other, isMirrored, windows} of candidates) {
      const whole = this.#fingerprintAt(other);
      computeEdges(isMirrored ? mirrorFingerprint(whole) : whole, WHOLE, this.#whole);
      const starts = windows.map(window => [WINDOWS[window]!, edgesAt(window)] as const);
      if (isSimilar(fingerprint, starts, this.#whole, MIN_DUPLICATE_SIMILARITY))
        duplicates.push(other);
    }
    return duplicates;
  }

  /** Pairs of near-duplicates of the fingerprints from `from` to `end`, as consecutive numbers. */
  pairs(from: number, end: number): Int32Array {
    const found: number[] = [];
    for (let number = from; number < end; number++)
      for (const other of this.findDuplicates(number)) found.push(number, other);
    return Int32Array.from(found);
  }
}
