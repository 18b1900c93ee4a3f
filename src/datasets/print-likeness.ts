import {SIDE} from './thumbprint.js';

/** Side of the patches that are compared, in samples: two cells of a whole thumbprint each. */
const PATCH = 16;

/** Most cells that a sample takes part of. */
const TAPS = 4;

/** A part of one side of a picture, 0..1. */
export type Span = readonly [from: number, to: number];

/** A part of a picture, as spans of its sides. */
export interface PrintWindow {
  readonly columns: Span;
  readonly rows: Span;
}

export const WHOLE: PrintWindow = {columns: [0, 1], rows: [0, 1]};

/** `[16, 4]`: the shares of cells in each sample of a span, from the cell `first` on. */
interface Means {
  readonly first: Int32Array;
  readonly shares: Float64Array;
}

function meansOf([from, to]: Span): Means {
  const means = {first: new Int32Array(PATCH), shares: new Float64Array(PATCH * TAPS)};
  const step = ((to - from) * SIDE) / PATCH;
  for (let i = 0; i < PATCH; i++) {
    const [begin, end] = [from * SIDE + i * step, Math.min(SIDE, from * SIDE + (i + 1) * step)];
    const first = Math.min(SIDE - 1, Math.floor(begin));
    means.first[i] = first;
    for (let cell = first; cell < end; cell++) {
      means.shares[i * TAPS + cell - first] = (Math.min(cell + 1, end) - Math.max(cell, begin)) / (end - begin);
    }
  }
  return means;
}

/** `[16, 32]`: the rows of a thumbprint, each as 16 means of the columns. */
function meansAcross(print: Uint8Array, {first, shares}: Means): Float64Array {
  const across = new Float64Array(PATCH * SIDE);
  for (let x = 0; x < PATCH; x++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const share = shares[x * TAPS + tap]!;
      if (share === 0) continue;
      const cell = first[x]! + tap;
      for (let y = 0; y < SIDE; y++) across[x * SIDE + y]! += share * print[y * SIDE + cell]!;
    }
  }
  return across;
}

/** A window of a thumbprint as 16 x 16 means, column by column. */
function patchOf(print: Uint8Array, {columns, rows}: PrintWindow): Float64Array {
  const across = meansAcross(print, meansOf(columns));
  const {first, shares} = meansOf(rows);
  const patch = new Float64Array(PATCH * PATCH);
  for (let x = 0; x < PATCH; x++) {
    for (let y = 0; y < PATCH; y++) {
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap++) {
        const share = shares[y * TAPS + tap]!;
        if (share !== 0) sum += share * across[x * SIDE + first[y]! + tap]!;
      }
      patch[x * PATCH + y] = sum;
    }
  }
  return patch;
}

/** Differences of neighbours across and down, which brightness does not move, of length 1 together. */
export type Edges = Float64Array;

function edgesIn(patch: Float64Array): Edges {
  const count = PATCH * (PATCH - 1);
  const edges = new Float64Array(2 * count);
  let [at, sum] = [0, 0];
  for (let x = 0; x < PATCH; x++) {
    for (let y = 0; y + 1 < PATCH; y++, at++) {
      const down = patch[x * PATCH + y + 1]! - patch[x * PATCH + y]!;
      const across = patch[(y + 1) * PATCH + x]! - patch[y * PATCH + x]!;
      [edges[at], edges[count + at]] = [down, across];
      sum += down * down + across * across;
    }
  }
  const length = Math.sqrt(sum);
  if (length > 0) for (let i = 0; i < edges.length; i++) edges[i]! /= length;
  return edges;
}

/** The edges of a thumbprint's window. */
export const edgesOf = (print: Uint8Array, window: PrintWindow): Edges => edgesIn(patchOf(print, window));

function correlation(a: Edges, b: Edges): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const isSpan = ([from, to]: Span): boolean => from >= 0 && to <= 1 && to - from > 0.5;

/** A span with one end moved, or both. */
const spanMoves = ([from, to]: Span, step: number): Span[] => {
  const moves: Span[] = [
    [from - step, to],
    [from + step, to],
    [from, to - step],
    [from, to + step],
    [from - step, to - step],
    [from + step, to + step],
  ];
  return moves.filter(isSpan);
};

const movesOf = ({columns, rows}: PrintWindow, step: number): PrintWindow[] => [
  ...spanMoves(columns, step).map(moved => ({columns: moved, rows})),
  ...spanMoves(rows, step).map(moved => ({columns, rows: moved})),
];

/** How far a window is moved at a time, in parts of the side. */
const STEPS = [0.04, 0.02, 0.01];

/** Less alike than this, a window is not moved a first time, a second time, and after that. */
const LEAST = [0.3, 0.5, 0.6] as const;

/**
 * How alike a part of one thumbprint and the whole of another are, -1..1: the correlation of their edges. The window begins as that of
 * `windows` that is most alike, and is moved to where it is greatest.
 *
 * @param wanted the edges of the whole
 */
export function likeness(print: Uint8Array, windows: readonly PrintWindow[], wanted: Edges): number {
  const alike = (window: PrintWindow): number => correlation(wanted, edgesOf(print, window));
  let [place, best] = [WHOLE, -1];
  const moveTo = (candidates: readonly PrintWindow[]): boolean => {
    const before = best;
    for (const candidate of candidates) {
      const found = alike(candidate);
      if (found > best) [place, best] = [candidate, found];
    }
    return best > before;
  };
  moveTo(windows);
  for (const [i, step] of STEPS.entries()) {
    for (let moves = 0; best >= LEAST[Math.min(i + moves, 2)]! && moveTo(movesOf(place, step));) moves++;
  }
  return best;
}
