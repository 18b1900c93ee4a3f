import type {FingerprintWindow, Span} from './edge-similarity.js';
import {FINGERPRINT_SIDE} from './fingerprint.js';

/** Number of frequencies used along each side of a window. */
export const FREQUENCIES = 8;
export const COEFFICIENTS = FREQUENCIES ** 2;

/** Spans along each side that another image may be a crop of. A crop between two neighboring spans still hashes to one of them. */
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

/** Number of windows of an image: each horizontal span with each vertical span. The first window is the whole image. */
export const WINDOW_COUNT = SPANS.length ** 2;

export const WINDOWS: readonly FingerprintWindow[] = Array.from(
  {length: WINDOW_COUNT},
  (_, window) => ({
    columns: SPANS[window % SPANS.length]!,
    rows: SPANS[Math.floor(window / SPANS.length)]!,
  }),
);

const HALF = FINGERPRINT_SIDE / 2;

/** `[8, 32]`: the first frequencies of a DCT-II over a span of 32 cells. Each cell is weighted by the fraction of it inside the span. */
function createDctMatrix([from, to]: Span): Float64Array {
  const matrix = new Float64Array(FREQUENCIES * FINGERPRINT_SIDE);
  const length = (to - from) * FINGERPRINT_SIDE;
  for (let cell = 0; cell < FINGERPRINT_SIDE; cell++) {
    const [first, last] = [
      Math.max(cell, from * FINGERPRINT_SIDE),
      Math.min(cell + 1, to * FINGERPRINT_SIDE),
    ];
    if (last <= first) continue;
    const center = ((first + last) / 2 - from * FINGERPRINT_SIDE) / length;
    for (let k = 0; k < FREQUENCIES; k++)
      matrix[k * FINGERPRINT_SIDE + cell] =
        ((last - first) / length) * Math.cos(Math.PI * k * center);
  }
  return matrix;
}

/**
 * The transform of a span and of its mirrored span. Computed from the sums and differences of mirrored cells, both take half the
 * multiplications that they would take separately.
 */
interface Transform {
  readonly span: number;
  /** Number of the mirrored span; the span itself if it is centered. */
  readonly opposite: number;
  /** `[8, 16]`: matrices for the sums and for the differences of mirrored cells. */
  readonly even: Float64Array;
  readonly odd: Float64Array;
}

function createTransform(span: number): Transform {
  const [from, to] = SPANS[span]!;
  const opposite = SPANS.findIndex(
    ([begin, end]) => Math.abs(begin - (1 - to)) < 1e-9 && Math.abs(end - (1 - from)) < 1e-9,
  );
  const matrix = createDctMatrix([from, to]);
  const foldMatrix = (sign: number): Float64Array =>
    Float64Array.from({length: FREQUENCIES * HALF}, (_, i) => {
      const [row, cell] = [Math.floor(i / HALF) * FINGERPRINT_SIDE, i % HALF];
      return (matrix[row + cell]! + sign * matrix[row + FINGERPRINT_SIDE - 1 - cell]!) / 2;
    });
  return {span, opposite, even: foldMatrix(1), odd: foldMatrix(-1)};
}

const TRANSFORMS = SPANS.map((_, span) => createTransform(span)).filter(
  ({span, opposite}) => span <= opposite,
);

/** Converts 32 cells to 16 sums and 16 differences of mirrored cells. */
function foldCells(
  cells: Float64Array | Uint8Array,
  at: number,
  folded: Float64Array,
  to: number,
): void {
  for (let i = 0; i < HALF; i++) {
    const [one, other] = [cells[at + i]!, cells[at + FINGERPRINT_SIDE - 1 - i]!];
    folded[to + i] = one + other;
    folded[to + HALF + i] = one - other;
  }
}

/**
 * Transforms folded cells that start at `at`. Frequencies are `step` apart in `output`, starting at `to` for the span and at `toOpposite`
 * for its mirrored span.
 */
function transform(
  {span, opposite, even, odd}: Transform,
  folded: Float64Array,
  at: number,
  output: Float64Array,
  to: number,
  toOpposite: number,
  step: number,
): void {
  for (let k = 0; k < FREQUENCIES; k++) {
    let [sum, difference] = [0, 0];
    const row = k * HALF;
    if (span !== opposite || k % 2 === 0)
      for (let i = 0; i < HALF; i++) sum += even[row + i]! * folded[at + i]!;
    if (span !== opposite || k % 2 === 1)
      for (let i = 0; i < HALF; i++) difference += odd[row + i]! * folded[at + HALF + i]!;
    output[to + k * step] = sum + difference;
    if (span !== opposite)
      output[toOpposite + k * step] = k % 2 === 0 ? sum - difference : difference - sum;
  }
}

// Reusable memory of this thread for one fingerprint at a time.
const foldedRows = new Float64Array(FINGERPRINT_SIDE * FINGERPRINT_SIDE);
const foldedColumn = new Float64Array(FINGERPRINT_SIDE);
/** `[10, 8, 32]`: horizontal frequencies of each row, by span and frequency. */
const across = new Float64Array(SPANS.length * FREQUENCIES * FINGERPRINT_SIDE);

function coefficients(
  fingerprint: Uint8Array,
  transforms: readonly Transform[],
  output: Float64Array,
): void {
  const area = FREQUENCIES * FINGERPRINT_SIDE;
  for (let y = 0; y < FINGERPRINT_SIDE; y++)
    foldCells(fingerprint, y * FINGERPRINT_SIDE, foldedRows, y * FINGERPRINT_SIDE);
  for (const one of transforms) {
    for (let y = 0; y < FINGERPRINT_SIDE; y++)
      transform(
        one,
        foldedRows,
        y * FINGERPRINT_SIDE,
        across,
        one.span * area + y,
        one.opposite * area + y,
        FINGERPRINT_SIDE,
      );
  }
  const columns = transforms.flatMap(({span, opposite}) =>
    span === opposite ? [span] : [span, opposite],
  );
  for (const column of columns) {
    for (let k = 0; k < FREQUENCIES; k++) {
      foldCells(across, column * area + k * FINGERPRINT_SIDE, foldedColumn, 0);
      for (const one of transforms) {
        const at = (row: number): number => (row * SPANS.length + column) * COEFFICIENTS + k;
        transform(one, foldedColumn, 0, output, at(one.span), at(one.opposite), FREQUENCIES);
      }
    }
  }
}

/** `[100, 8, 8]`: coefficients of all windows of a fingerprint, by window, vertical frequency and horizontal frequency. */
export const windowCoefficients = (fingerprint: Uint8Array, output: Float64Array): void =>
  coefficients(fingerprint, TRANSFORMS, output);

/** `[8, 8]`: coefficients of a whole fingerprint. */
export const wholeCoefficients = (fingerprint: Uint8Array, output: Float64Array): void =>
  coefficients(fingerprint, TRANSFORMS.slice(0, 1), output);

/** Mirrors an image left to right: odd horizontal frequencies change their sign. */
export function mirror(whole: Float64Array): void {
  for (let i = 1; i < COEFFICIENTS; i += 2) whole[i] = -whole[i]!;
}
