import {COEFFICIENTS, FREQUENCIES} from './window-coefficients.js';

/** Coefficients from low to high frequency (`u + v` increases), without the mean. */
const FREQUENCY_ORDER = Array.from({length: COEFFICIENTS}, (_, i) => i)
  .slice(1)
  .sort((a, b) => (a % 8) + (a >> 3) - (b % 8) - (b >> 3) || a - b);

/** Number of bits of a key: the signs of the lowest coefficients of a hash. */
export const KEY_BITS = 18;
const KEY_COEFFICIENTS = Int32Array.from(FREQUENCY_ORDER.slice(0, KEY_BITS));

/**
 * Weight of each coefficient for edges: the length of its frequency vector, times the square root of 2 per nonzero frequency (DCT
 * normalization).
 */
const EDGE_WEIGHTS = Float64Array.from({length: COEFFICIENTS}, (_, i) => {
  const [u, v] = [i % FREQUENCIES, Math.floor(i / FREQUENCIES)];
  return Math.hypot(u, v) * (u === 0 ? 1 : Math.SQRT2) * (v === 0 ? 1 : Math.SQRT2);
});

/**
 * Writes coefficients as a vector of length 1. The dot product of two such vectors is nearly the correlation of the edges of their windows.
 *
 * @param at offset of the window's coefficients
 * @param to offset of the vector in `output`
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

/** The dot product of two descriptors, the second optionally mirrored. */
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

/** The signs of 63 coefficients in two words, of 31 and 32 bits. @param at offset of the window's coefficients */
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
 * Fills in the keys under which a window may be found: its own, and those with bits of the smallest coefficients flipped. A small change of
 * the image may flip these bits.
 *
 * @param flipBits number of bits tried both ways
 * @param keys output of length 2 ** flipBits
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

/** Hamming distance of two hashes of 63 bits. */
export const hammingDistance = (lowA: number, highA: number, lowB: number, highB: number): number =>
  countBits(lowA ^ lowB) + countBits(highA ^ highB);
