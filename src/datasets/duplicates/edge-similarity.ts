import {FINGERPRINT_SIDE} from './fingerprint.js';

/** Side of the compared patches, in samples: two cells of a whole fingerprint per sample. */
const PATCH = 16;

/** Maximum number of cells that contribute to one sample. */
const TAPS = 4;

/** A range along one side of an image, 0..1. */
export type Span = readonly [from: number, to: number];

/** A rectangle of an image, as spans along its sides. */
export interface FingerprintWindow {
  readonly columns: Span;
  readonly rows: Span;
}

export const WHOLE: FingerprintWindow = {columns: [0, 1], rows: [0, 1]};

/** `[16, 4]`: the weights of cells in each sample of a span, starting at the cell `first`. */
interface Means {
  readonly first: Int32Array;
  readonly weights: Float64Array;
}

const createMeans = (): Means => ({
  first: new Int32Array(PATCH),
  weights: new Float64Array(PATCH * TAPS),
});

function fillMeans({first, weights}: Means, [from, to]: Span): void {
  const step = ((to - from) * FINGERPRINT_SIDE) / PATCH;
  weights.fill(0);
  for (let i = 0; i < PATCH; i++) {
    const begin = from * FINGERPRINT_SIDE + i * step;
    const end = Math.min(FINGERPRINT_SIDE, from * FINGERPRINT_SIDE + (i + 1) * step);
    const cell = Math.min(FINGERPRINT_SIDE - 1, Math.floor(begin));
    first[i] = cell;
    for (let at = cell; at < end; at++)
      weights[i * TAPS + at - cell] = (Math.min(at + 1, end) - Math.max(at, begin)) / (end - begin);
  }
}

// Reusable memory of this thread for one comparison: there are millions.
const [columnMeans, rowMeans] = [createMeans(), createMeans()];
/** `[16, 32]`: the rows of a fingerprint, each as 16 means of the columns, followed by a few zeros. */
const across = new Float64Array(PATCH * FINGERPRINT_SIDE + TAPS);
/** `[16, 16]`, in column-major order. */
const patch = new Float64Array(PATCH * PATCH);

function averageColumns(fingerprint: Uint8Array, {first, weights}: Means): void {
  across.fill(0);
  for (let x = 0; x < PATCH; x++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const weight = weights[x * TAPS + tap]!;
      if (weight === 0) continue;
      const cell = first[x]! + tap;
      for (let y = 0; y < FINGERPRINT_SIDE; y++)
        across[x * FINGERPRINT_SIDE + y]! += weight * fingerprint[y * FINGERPRINT_SIDE + cell]!;
    }
  }
}

/** Downsamples a window of a fingerprint to 16 x 16 means, in `patch`. */
function fillPatch(fingerprint: Uint8Array, {columns, rows}: FingerprintWindow): void {
  fillMeans(columnMeans, columns);
  fillMeans(rowMeans, rows);
  averageColumns(fingerprint, columnMeans);
  const {first, weights} = rowMeans;
  for (let x = 0; x < PATCH; x++) {
    for (let y = 0; y < PATCH; y++) {
      const [weight, cell] = [y * TAPS, x * FINGERPRINT_SIDE + first[y]!];
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap++) sum += weights[weight + tap]! * across[cell + tap]!;
      patch[x * PATCH + y] = sum;
    }
  }
}

/** Horizontal and vertical differences of neighbors, normalized to length 1 together. They do not depend on brightness. */
export type Edges = Float64Array;

const EDGES = 2 * PATCH * (PATCH - 1);

/** Computes the edges of a fingerprint's window. @param edges output memory */
export function computeEdges(
  fingerprint: Uint8Array,
  window: FingerprintWindow,
  edges: Edges = new Float64Array(EDGES),
): Edges {
  fillPatch(fingerprint, window);
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

/** The spans with one or both ends moved by a step. */
const moveSpan = ([from, to]: Span, step: number): Span[] => {
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

const moveWindow = ({columns, rows}: FingerprintWindow, step: number): FingerprintWindow[] => [
  ...moveSpan(columns, step).map(moved => ({columns: moved, rows})),
  ...moveSpan(rows, step).map(moved => ({columns, rows: moved})),
];

/** Step sizes for moving a window, as fractions of the side. */
const STEPS = [0.04, 0.02, 0.01];

/** Minimum similarity for the first move of a window, for the second, and for later moves. */
const MIN_SIMILARITIES = [0.3, 0.5, 0.6] as const;

/**
 * Whether a window of one fingerprint is similar enough to another fingerprint as a whole. The similarity is the correlation of their
 * edges, -1..1. The search starts at the most similar window of `starts` and moves it by hill climbing.
 *
 * @param starts start windows, with their edges
 * @param target the edges of the other fingerprint
 */
export function isSimilar(
  fingerprint: Uint8Array,
  starts: readonly (readonly [FingerprintWindow, Edges])[],
  target: Edges,
  threshold: number,
): boolean {
  let [position, best] = [WHOLE, -1];
  for (const [window, edges] of starts) {
    const similarity = correlation(target, edges);
    if (similarity > best) [position, best] = [window, similarity];
  }
  let moves = 0;
  for (const step of STEPS) {
    for (let isBetter = true; isBetter && best < threshold; moves++) {
      if (best < MIN_SIMILARITIES[Math.min(moves, MIN_SIMILARITIES.length - 1)]!) return false;
      isBetter = false;
      for (const window of moveWindow(position, step)) {
        const similarity = correlation(target, computeEdges(fingerprint, window, scratchEdges));
        if (similarity > best) [position, best, isBetter] = [window, similarity, true];
      }
    }
  }
  return best >= threshold;
}

const scratchEdges: Edges = new Float64Array(EDGES);
