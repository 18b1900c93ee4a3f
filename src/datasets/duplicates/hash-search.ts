import {COEFFICIENTS, windowCoefficients, WINDOW_AT, WINDOWS} from './perceptual-hash.js';
import {PrintIndex, type PrintTables} from './hash-index.js';
import {edgesOf, isAlike, WHOLE, type Edges} from './edge-similarity.js';
import {mirroredPrint, SIDE} from './fingerprint.js';

/** Two fingerprints that are as alike show the same photograph. Chosen on 6,084 photographs of four sets and 8,700 altered copies of them
 * (`bench/near-copies.ts`): below lie different photographs of one dandelion on a plain ground.
 */
const COPY_LIKENESS = 0.94;

/** What threads look for copies in: all of it in shared memory. */
export interface PrintSet {
  /** `[count, 32, 32]` */
  readonly prints: Uint8Array;
  readonly tables: PrintTables;
  /** By number of a print: its group as known when the block of prints began, the same whatever threads do meanwhile. */
  readonly groups: Int32Array;
  /** 1 for prints that are looked for. */
  readonly wanted: Uint8Array;
}

const PRINT = SIDE * SIDE;

/** Looks for copies of prints, one at a time. */
export class PrintSearch {
  readonly #index: PrintIndex;
  readonly #coefficients = new Float64Array(WINDOWS * COEFFICIENTS);
  readonly #whole: Edges = edgesOf(new Uint8Array(PRINT), WHOLE);

  constructor(readonly set: PrintSet) {
    this.#index = new PrintIndex(set.tables);
  }

  readonly #printOf = (number: number): Uint8Array =>
    this.set.prints.subarray(number * PRINT, (number + 1) * PRINT);

  /** Numbers of prints that show a part of the same photograph, those of its own group left out. */
  copiesOf(number: number): number[] {
    const {groups, wanted} = this.set;
    if (wanted[number] === 0) return [];
    const print = this.#printOf(number);
    windowCoefficients(print, this.#coefficients);
    const candidates = this.#index.candidates(
      this.#coefficients,
      number,
      other => groups[other] !== groups[number],
    );
    const edges = new Map<number, Edges>();
    const edgesAt = (window: number): Edges => {
      const known = edges.get(window);
      if (known !== undefined) return known;
      const made = edgesOf(print, WINDOW_AT[window]!);
      edges.set(window, made);
      return made;
    };
    const copies: number[] = [];
    for (const {number: other, isMirrored, windows} of candidates) {
      const whole = this.#printOf(other);
      edgesOf(isMirrored ? mirroredPrint(whole) : whole, WHOLE, this.#whole);
      const beginnings = windows.map(window => [WINDOW_AT[window]!, edgesAt(window)] as const);
      if (isAlike(print, beginnings, this.#whole, COPY_LIKENESS)) copies.push(other);
    }
    return copies;
  }

  /** Pairs of prints that show the same, one number behind the other, of the prints from `from` on. */
  pairs(from: number, end: number): Int32Array {
    const found: number[] = [];
    for (let number = from; number < end; number++)
      for (const other of this.copiesOf(number)) found.push(number, other);
    return Int32Array.from(found);
  }
}
