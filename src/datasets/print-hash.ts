import type {PrintWindow, Span} from './print-likeness.js';
import {SIDE} from './thumbprint.js';

/** Frequencies of a window that are kept, along each side. */
const FREQUENCIES = 8;
export const COEFFICIENTS = FREQUENCIES ** 2;

/** Parts of each side that another picture may have been cut to; between two neighbours a hash still finds its like. */
const SPANS: readonly Span[] = [
  [0, 1],
  [0, 0.9],
  [0.05, 0.95],
  [0.1, 1],
  [0, 0.8],
  [0.1, 0.9],
  [0.2, 1],
  [0, 0.72],
  [0.14, 0.86],
  [0.28, 1],
];

/** Windows of a picture: each span of its width with each of its height; the first is the whole. */
export const WINDOWS = SPANS.length ** 2;

export const windowAt = (window: number): PrintWindow => ({
  columns: SPANS[window % SPANS.length]!,
  rows: SPANS[Math.floor(window / SPANS.length)]!,
});

/** `[8, 32]`: the first frequencies of a DCT-II of a span of 32 cells, each cell weighed by how much of it is inside. */
function dctOf([from, to]: Span): Float64Array {
  const matrix = new Float64Array(FREQUENCIES * SIDE);
  const length = (to - from) * SIDE;
  for (let cell = 0; cell < SIDE; cell++) {
    const [first, last] = [Math.max(cell, from * SIDE), Math.min(cell + 1, to * SIDE)];
    if (last <= first) continue;
    const place = ((first + last) / 2 - from * SIDE) / length;
    for (let k = 0; k < FREQUENCIES; k++) matrix[k * SIDE + cell] = ((last - first) / length) * Math.cos(Math.PI * k * place);
  }
  return matrix;
}

const DCTS = SPANS.map(dctOf);

/** Coefficients from low to high, the mean left out: `u + v` rises. */
const ORDER = Array.from({length: COEFFICIENTS}, (_, i) => i)
  .slice(1)
  .sort((a, b) => (a % 8) + (a >> 3) - (b % 8) - (b >> 3) || a - b);

/** So many of the lowest coefficients' signs are the key that a hash is looked up by. */
export const KEY_BITS = 18;
const KEYED = ORDER.slice(0, KEY_BITS);

/** The signs of a window's 63 coefficients in two words of bits, and the key. */
export interface PrintHash {
  readonly low: number;
  readonly high: number;
  readonly key: number;
}

/** `[8, 8]` coefficients of every window of a thumbprint, window after window. */
export function coefficientsOf(print: Uint8Array): Float64Array {
  const all = new Float64Array(WINDOWS * COEFFICIENTS);
  const across = new Float64Array(FREQUENCIES * SIDE);
  SPANS.forEach((_, column) => {
    timesTransposed(DCTS[column]!, print, across);
    SPANS.forEach((_, row) => {
      const window = row * SPANS.length + column;
      timesTransposed(DCTS[row]!, across, all.subarray(window * COEFFICIENTS, (window + 1) * COEFFICIENTS));
    });
  });
  return all;
}

/** a b' of `[m, 32]` and `[n, 32]`; n is what `output`, `[m, n]`, leaves. */
function timesTransposed(a: Float64Array, b: Float64Array | Uint8Array, output: Float64Array): void {
  const width = b.length / SIDE;
  for (let i = 0; i < output.length; i++) {
    const [left, right] = [Math.floor(i / width) * SIDE, (i % width) * SIDE];
    let sum = 0;
    for (let k = 0; k < SIDE; k++) sum += a[left + k]! * b[right + k]!;
    output[i] = sum;
  }
}

/** @param coefficients `[8, 8]` of one window */
export function hashOf(coefficients: Float64Array): PrintHash {
  let [low, high, key] = [0, 0, 0];
  for (let i = 1; i < COEFFICIENTS; i++) {
    if (coefficients[i]! <= 0) continue;
    if (i < 32) low |= 1 << i;
    else high |= 1 << (i - 32);
  }
  KEYED.forEach((coefficient, bit) => {
    if (coefficients[coefficient]! > 0) key |= 1 << bit;
  });
  return {low, high, key};
}

/** The same picture mirrored left to right: odd frequencies along the width change their sign. */
export const mirroredCoefficients = (coefficients: Float64Array): Float64Array =>
  coefficients.map((value, i) => (i % 2 === 0 ? value : -value));

/** Bits of the key that are tried both ways: those of the smallest coefficients, which a small change may turn. */
const DOUBTED = 7;

/** The keys under which a copy of the window may be found, that of its own first. */
export function keysOf(coefficients: Float64Array, {key}: PrintHash): number[] {
  const doubted = KEYED.map((coefficient, bit) => [Math.abs(coefficients[coefficient]!), bit] as const)
    .sort(([a], [b]) => a - b)
    .slice(0, DOUBTED);
  return doubted.reduce<number[]>((keys, [, bit]) => [...keys, ...keys.map(found => found ^ (1 << bit))], [key]);
}

function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits in which two hashes differ, of 63. */
export const distance = (lowA: number, highA: number, lowB: number, highB: number): number => bitsIn(lowA ^ lowB) + bitsIn(highA ^ highB);
