import {SIDE} from './fingerprint.js';

/** Side of the patches that are compared, in samples: two cells of a whole fingerprint each. */
const PATCH = 16;

/** Most cells that a sample takes part of. */
const TAPS = 4;

/** A part of one side of an image, 0..1. */
export type Span = readonly [from: number, to: number];

/** A part of an image, as spans of its sides. */
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

const emptyMeans = (): Means => ({
  first: new Int32Array(PATCH),
  shares: new Float64Array(PATCH * TAPS),
});

function meansInto({first, shares}: Means, [from, to]: Span): void {
  const step = ((to - from) * SIDE) / PATCH;
  shares.fill(0);
  for (let i = 0; i < PATCH; i++) {
    const begin = from * SIDE + i * step;
    const end = Math.min(SIDE, from * SIDE + (i + 1) * step);
    const cell = Math.min(SIDE - 1, Math.floor(begin));
    first[i] = cell;
    for (let at = cell; at < end; at++)
      shares[i * TAPS + at - cell] = (Math.min(at + 1, end) - Math.max(at, begin)) / (end - begin);
  }
}

// Memory of this thread for one comparison at a time: millions are made.
const [columnMeans, rowMeans] = [emptyMeans(), emptyMeans()];
/** `[16, 32]`: the rows of a fingerprint, each as 16 means of the columns; a few zeros behind. */
const across = new Float64Array(PATCH * SIDE + TAPS);
/** `[16, 16]`, column by column. */
const patch = new Float64Array(PATCH * PATCH);

function meansAcross(print: Uint8Array, {first, shares}: Means): void {
  across.fill(0);
  for (let x = 0; x < PATCH; x++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const share = shares[x * TAPS + tap]!;
      if (share === 0) continue;
      const cell = first[x]! + tap;
      for (let y = 0; y < SIDE; y++) across[x * SIDE + y]! += share * print[y * SIDE + cell]!;
    }
  }
}

/** A window of a fingerprint as 16 x 16 means. */
function takePatch(print: Uint8Array, {columns, rows}: PrintWindow): void {
  meansInto(columnMeans, columns);
  meansInto(rowMeans, rows);
  meansAcross(print, columnMeans);
  const {first, shares} = rowMeans;
  for (let x = 0; x < PATCH; x++) {
    for (let y = 0; y < PATCH; y++) {
      const [share, cell] = [y * TAPS, x * SIDE + first[y]!];
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap++) sum += shares[share + tap]! * across[cell + tap]!;
      patch[x * PATCH + y] = sum;
    }
  }
}

/** Differences of neighbors across and down, which brightness does not move, of length 1 together. */
export type Edges = Float64Array;

const EDGES = 2 * PATCH * (PATCH - 1);

/** The edges of a fingerprint's window. @param edges memory for them */
export function edgesOf(
  print: Uint8Array,
  window: PrintWindow,
  edges: Edges = new Float64Array(EDGES),
): Edges {
  takePatch(print, window);
  const count = EDGES / 2;
  let [at, sum] = [0, 0];
  for (let x = 0; x < PATCH; x++) {
    for (let y = 0; y + 1 < PATCH; y++, at++) {
      const down = patch[x * PATCH + y + 1]! - patch[x * PATCH + y]!;
      const right = patch[(y + 1) * PATCH + x]! - patch[y * PATCH + x]!;
      edges[at] = down;
      edges[count + at] = right;
      sum += down * down + right * right;
    }
  }
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let i = 0; i < EDGES; i++) edges[i]! *= scale;
  return edges;
}

function correlation(a: Edges, b: Edges): number {
  let sum = 0;
  for (let i = 0; i < EDGES; i++) sum += a[i]! * b[i]!;
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
 * Whether a part of one fingerprint is as alike to the whole of another as is enough, -1..1: the correlation of their edges. The window begins
 * as that of `windows` that is most alike, and is moved to where it is greatest.
 *
 * @param beginnings the windows to begin at, with their edges
 * @param wanted the edges of the whole
 */
export function isAlike(
  print: Uint8Array,
  beginnings: readonly (readonly [PrintWindow, Edges])[],
  wanted: Edges,
  enough: number,
): boolean {
  let [place, best] = [WHOLE, -1];
  for (const [window, edges] of beginnings) {
    const found = correlation(wanted, edges);
    if (found > best) [place, best] = [window, found];
  }
  let moves = 0;
  for (const step of STEPS) {
    for (let isBetter = true; isBetter && best < enough; moves++) {
      if (best < LEAST[Math.min(moves, LEAST.length - 1)]!) return false;
      isBetter = false;
      for (const window of movesOf(place, step)) {
        const found = correlation(wanted, edgesOf(print, window, tried));
        if (found > best) [place, best, isBetter] = [window, found, true];
      }
    }
  }
  return best >= enough;
}

const tried: Edges = new Float64Array(EDGES);
