import {AbortedError} from '../core/errors.js';
import {Groups} from './groups.js';
import {COEFFICIENTS, coefficientsOf, mirroredCoefficients} from './print-hash.js';
import {PrintIndex} from './print-index.js';
import {edgesOf, likeness, WHOLE} from './print-likeness.js';
import {mirroredPrint} from './thumbprint.js';

/**
 * Two thumbprints that are as alike show the same photograph. Chosen on 6,084 photographs of four sets and 8,700 altered copies of them
 * (`bench/near-copies.ts`): below lie different photographs of one dandelion on a plain ground.
 */
const COPY_LIKENESS = 0.94;

/** A picture of one colour, or nearly, is like every other: its luminances differ by less than this from their mean, of 255. */
const LEAST_CONTRAST = 4;

/** Prints that are indexed at a time: 80 MB. */
const INDEXED_AT_ONCE = 50_000;

/** Prints that are looked for between two looks at the signal and whatever else waits. */
const WITHOUT_A_BREAK = 64;

function hasContrast(print: Uint8Array): boolean {
  const mean = print.reduce((sum, value) => sum + value, 0) / print.length;
  return print.reduce((sum, value) => sum + Math.abs(value - mean), 0) / print.length >= LEAST_CONTRAST;
}

/** Joins a print with all those in the index a part of which shows the same. */
function joinCopies(prints: readonly (Uint8Array | undefined)[], number: number, index: PrintIndex, groups: Groups): void {
  const print = prints[number];
  if (print === undefined) return;
  const whole = coefficientsOf(print).subarray(0, COEFFICIENTS);
  for (const isMirrored of [false, true]) {
    const isApart = (other: number): boolean => groups.of(other) !== groups.of(number);
    const candidates = index.alike(isMirrored ? mirroredCoefficients(whole) : whole, number, isApart);
    if (candidates.size === 0) continue;
    const edges = edgesOf(isMirrored ? mirroredPrint(print) : print, WHOLE);
    for (const [other, windows] of candidates) {
      if (groups.of(other) === groups.of(number)) continue;
      if (likeness(prints[other]!, windows, edges) >= COPY_LIKENESS) groups.join(number, other);
    }
  }
}

export interface Looking {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Groups of pictures that show the same photograph: at another size, in another format or quality, brighter or darker, without colours,
 * mirrored, with a narrow border, or cut by up to a quarter of each side; one in three where something opaque was laid over a corner. Pictures
 * of one colour are in none. Copies of copies are in one group.
 *
 * @param all thumbprints; the groups are of indices into them
 * @returns groups of two and more, each sorted, by their first
 * @throws AbortedError
 */
export async function nearCopies(all: readonly Uint8Array[], {signal, onProgress}: Looking = {}): Promise<number[][]> {
  const prints = all.map(print => (hasContrast(print) ? print : undefined));
  const groups = new Groups(prints.length);
  const rounds = Math.ceil(prints.length / INDEXED_AT_ONCE);
  for (let round = 0; round < rounds; round++) {
    const first = round * INDEXED_AT_ONCE;
    const index = new PrintIndex(prints.slice(first, first + INDEXED_AT_ONCE), first, prints.length);
    for (let number = 0; number < prints.length; number++) {
      joinCopies(prints, number, index, groups);
      if ((number + 1) % WITHOUT_A_BREAK !== 0) continue;
      await new Promise(resolve => setImmediate(resolve));
      if (signal?.aborted) throw new AbortedError();
      onProgress?.(round * prints.length + number + 1, rounds * prints.length);
    }
  }
  return groups.list().filter(({length}) => length > 1);
}
