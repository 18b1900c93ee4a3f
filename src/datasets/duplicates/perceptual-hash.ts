import {COEFFICIENTS, FREQUENCIES} from './window-coefficients.js';

/** Coefficients from low to high, without the mean: `u + v` rises. */
const FREQUENCY_ORDER = Array.from({length: COEFFICIENTS}, (_, i) => i)
  .slice(1)
  .sort((a, b) => (a % 8) + (a >> 3) - (b % 8) - (b >> 3) || a - b);

/** The signs of this many of the lowest coefficients are the key of a hash. */
export const KEY_BITS = 18;
const KEY_COEFFICIENTS = Int32Array.from(FREQUENCY_ORDER.slice(0, KEY_BITS));

/** How much a coefficient says about edges, by its frequencies; one across is worth twice its square, as waves go. */
const EDGE_WEIGHTS = Float64Array.from({length: COEFFICIENTS}, (_, i) => {
  const [u, v] = [i % FREQUENCIES, Math.floor(i / FREQUENCIES)];
  return Math.hypot(u, v) * (u === 0 ? 1 : Math.SQRT2) * (v === 0 ? 1 : Math.SQRT2);
});

/**
 * Coefficients as a vector of length 1, the product of two of which is nearly the correlation of the edges of what they are of.
 *
 * @param at where the window's coefficients begin
 * @param to where the vector begins in `output`
 */
export function computeDescriptor(
  coefficients: Float64Array,
  at: number,
  output: Float32Array,
  to: number,
): void {
  let sum = 0;
  for (let i = 1; i < COEFFICIENTS; i++) sum += (coefficients[at + i]! * EDGE_WEIGHTS[i]!) ** 2;
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let i = 0; i < COEFFICIENTS; i++)
    output[to + i] = coefficients[at + i]! * EDGE_WEIGHTS[i]! * scale;
}

/** The product of two such vectors, the second as it is or mirrored. */
export function descriptorSimilarity(
  a: Float32Array,
  atA: number,
  b: Float32Array,
  atB: number,
  isMirrored: boolean,
): number {
  let [even, odd] = [0, 0];
  for (let i = 0; i < COEFFICIENTS; i += 2) {
    even += a[atA + i]! * b[atB + i]!;
    odd += a[atA + i + 1]! * b[atB + i + 1]!;
  }
  return isMirrored ? even - odd : even + odd;
}

/** The signs of 63 coefficients in two words of bits, 31 and 32. @param at where the window's coefficients begin */
export function lowSigns(coefficients: Float64Array, at: number): number {
  let word = 0;
  for (let i = 1; i < 32; i++) if (coefficients[at + i]! > 0) word |= 1 << i;
  return word;
}

export function highSigns(coefficients: Float64Array, at: number): number {
  let word = 0;
  for (let i = 0; i < 32; i++) if (coefficients[at + 32 + i]! > 0) word |= 1 << i;
  return word;
}

const magnitudes = new Float64Array(KEY_BITS);

/**
 * The keys under which a window may be found: its own, and those with bits of the smallest coefficients flipped, as a small change may
 * flip them.
 *
 * @param flipBits how many bits are tried both ways
 * @param keys 2 ** flipBits
 */
export function fillKeys(
  keys: Int32Array,
  coefficients: Float64Array,
  at: number,
  flipBits: number,
): void {
  let key = 0;
  for (let bit = 0; bit < KEY_BITS; bit++) {
    const value = coefficients[at + KEY_COEFFICIENTS[bit]!]!;
    magnitudes[bit] = Math.abs(value);
    if (value > 0) key |= 1 << bit;
  }
  keys[0] = key;
  for (let i = 0, count = 1; i < flipBits; i++, count *= 2) {
    let smallest = 0;
    for (let bit = 1; bit < KEY_BITS; bit++)
      if (magnitudes[bit]! < magnitudes[smallest]!) smallest = bit;
    magnitudes[smallest] = Infinity;
    for (let k = 0; k < count; k++) keys[count + k] = keys[k]! ^ (1 << smallest);
  }
}

function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits in which two hashes differ, of 63. */
export const hammingDistance = (lowA: number, highA: number, lowB: number, highB: number): number =>
  countBits(lowA ^ lowB) + countBits(highA ^ highB);
