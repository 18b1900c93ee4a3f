/** Value and gradient of a function at a point. */
export interface PointEvaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** A smooth function to minimize. */
export type Objective = (point: Float64Array) => PointEvaluation;

export interface MinimizeOptions {
  /** Ends at a gradient whose largest component is at most this. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Called before each iteration. What it throws ends the minimization. */
  readonly onIteration?: () => Promise<void>;
}

/** Where a minimization ended. */
export interface Minimum extends PointEvaluation {
  readonly point: Float64Array;
  readonly iterations: number;
}

/** Number of recent steps that approximate the curvature. */
const HISTORY = 10;
/** Fraction of the predicted decrease that a step must reach (Armijo 1966). */
const SUFFICIENT_DECREASE = 1e-4;
const MAX_HALVINGS = 20;
/** Relative error of a value that float32 matrix products are part of. A smaller change is none. */
const VALUE_NOISE = 1e-9;

/** A step and the change of the gradient over it. */
interface Step {
  readonly move: Float64Array;
  readonly change: Float64Array;
  /** 1 / (move . change) */
  readonly inverseCurvature: number;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const subtract = (a: Float64Array, b: Float64Array): Float64Array => {
  const difference = a.slice();
  for (let i = 0; i < a.length; i++) difference[i]! -= b[i]!;
  return difference;
};

/** Adds `factor * b` to `a`, in place. */
const addScaled = (a: Float64Array, factor: number, b: Float64Array): void => {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
};

/** Multiplies a vector by a factor, in place. */
const scaleBy = (vector: Float64Array, factor: number): void => {
  for (let i = 0; i < vector.length; i++) vector[i]! *= factor;
};

/** Largest absolute component. */
export function maxNorm(vector: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]!));
  return largest;
}

/** The two-loop recursion (Nocedal & Wright, Numerical Optimization, algorithm 7.4). */
function descentDirection(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.slice();
  scaleBy(direction, -1);
  const factors = steps.toReversed().map(({move, change, inverseCurvature}) => {
    const factor = inverseCurvature * dot(move, direction);
    addScaled(direction, -factor, change);
    return factor;
  });
  const last = steps.at(-1);
  const scale =
    last === undefined
      ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)))
      : 1 / (last.inverseCurvature * dot(last.change, last.change));
  scaleBy(direction, scale);
  factors.reverse();
  steps.forEach(({move, change, inverseCurvature}, i) => {
    addScaled(direction, factors[i]! - inverseCurvature * dot(change, direction), move);
  });
  return direction;
}

/** Shortens a step until the value decreases enough. @returns undefined if no step does, which float32 noise decides near a minimum */
function searchLine(
  objective: Objective,
  from: PointEvaluation & {readonly point: Float64Array},
  direction: Float64Array,
): (PointEvaluation & {readonly point: Float64Array}) | undefined {
  const slope = dot(from.gradient, direction);
  let length = 1;
  for (let halving = 0; halving <= MAX_HALVINGS; halving++) {
    const point = from.point.slice();
    addScaled(point, length, direction);
    const next = objective(point);
    const excess = next.value - from.value - SUFFICIENT_DECREASE * length * slope;
    if (excess <= VALUE_NOISE * Math.abs(from.value)) return {point, ...next};
    // Minimum of the parabola through both values and the slope.
    const best = (-slope * length ** 2) / (2 * (next.value - from.value - slope * length));
    length = Number.isFinite(best)
      ? Math.min(length / 2, Math.max(length / 10, best))
      : length / 10;
  }
  return undefined;
}

/**
 * Minimizes a smooth convex function by L-BFGS (Liu & Nocedal 1989), in double precision.
 * Convexity makes the curvature along every step positive, so a backtracking line search is enough.
 */
export async function minimize(
  objective: Objective,
  start: Float64Array,
  {tolerance, maxIterations, onIteration}: MinimizeOptions,
): Promise<Minimum> {
  const steps: Step[] = [];
  let current = {point: start, ...objective(start)};
  let iterations = 0;
  while (iterations < maxIterations && maxNorm(current.gradient) > tolerance) {
    await onIteration?.();
    const next = searchLine(objective, current, descentDirection(current.gradient, steps));
    if (next === undefined) break;
    const move = subtract(next.point, current.point);
    const change = subtract(next.gradient, current.gradient);
    const curvature = dot(move, change);
    if (curvature > 0) steps.push({move, change, inverseCurvature: 1 / curvature});
    if (steps.length > HISTORY) steps.shift();
    const decrease = current.value - next.value;
    current = next;
    iterations++;
    if (decrease <= VALUE_NOISE * Math.abs(current.value)) break;
  }
  return {...current, iterations};
}
