/** Vectors seen along the two directions in which they vary most. */
export interface PlaneProjection {
  /** Coordinates of each vector, from the mean of all. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Fraction of the variance that the plane holds, 0..1. */
  readonly explained: number;
}

const ITERATIONS = 100;
const TOLERANCE = 1e-10;

type Rows = readonly Float64Array[];

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const scaled = (vector: Float64Array, factor: number): Float64Array =>
  vector.map(value => factor * value);

/** A vector without its part along a unit vector. */
const without = (vector: Float64Array, direction: Float64Array): Float64Array => {
  const part = dot(vector, direction);
  return vector.map((value, i) => value - part * direction[i]!);
};

/** Unit vector of the direction in which centered rows vary most, by power iteration; zero if they do not vary. */
function principalDirection(rows: Rows): Float64Array {
  const norms = rows.map(row => dot(row, row));
  let direction = rows[norms.indexOf(Math.max(...norms))]!;
  let length = Math.sqrt(dot(direction, direction));
  if (length < 1e-12) return new Float64Array(direction.length);
  direction = scaled(direction, 1 / length);
  for (let i = 0; i < ITERATIONS; i++) {
    const next = new Float64Array(direction.length);
    for (const row of rows) {
      const weight = dot(row, direction);
      for (let k = 0; k < next.length; k++) next[k]! += weight * row[k]!;
    }
    length = Math.sqrt(dot(next, next));
    const turned = scaled(next, 1 / length);
    const isSettled = 1 - Math.abs(dot(turned, direction)) < TOLERANCE;
    direction = turned;
    if (isSettled) break;
  }
  // The sign is arbitrary, so it is chosen to be the same on every machine.
  const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0); // prettier-ignore
  return scaled(direction, Math.sign(largest));
}

/** Projects vectors on their first two principal components. @param features `[n, width]`, not empty */
export function projectToPlane(features: Float32Array, width: number): PlaneProjection {
  const count = features.length / width;
  const mean = new Float64Array(width);
  features.forEach((value, at) => (mean[at % width]! += value / count));
  const rows = Array.from({length: count}, (_, i) =>
    Float64Array.from(
      features.subarray(i * width, (i + 1) * width),
      (value, k) => value - mean[k]!,
    ),
  );
  const first = principalDirection(rows);
  const second = principalDirection(rows.map(row => without(row, first)));
  const points = rows.map(row => [dot(row, first), dot(row, second)] as const);
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0);
  const held = points.reduce((sum, [x, y]) => sum + x * x + y * y, 0);
  return {points, explained: total === 0 ? 0 : held / total};
}
