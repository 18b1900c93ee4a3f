/** A histogram as TensorFlow's `HistogramProto` has it. */
export interface SummaryHistogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Upper limits of the buckets. */
  readonly limits: readonly number[];
  /** Number of values in each bucket. */
  readonly counts: readonly number[];
}

/** As many as `tf.summary.histogram` has. */
const BUCKETS = 30;

/** Counts the finite values in buckets of equal width. @returns undefined without any */
export function computeHistogram(values: readonly number[]): SummaryHistogram | undefined {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const [min, max] = [
    finite.reduce((a, b) => Math.min(a, b)),
    finite.reduce((a, b) => Math.max(a, b)),
  ];
  const buckets = min === max ? 1 : BUCKETS;
  const width = (max - min) / buckets;
  const counts = Array.from({length: buckets}, () => 0);
  for (const value of finite)
    counts[min === max ? 0 : Math.min(buckets - 1, Math.floor((value - min) / width))]!++;
  return {
    ...{min, max, counts},
    count: finite.length,
    sum: finite.reduce((sum, value) => sum + value, 0),
    sumOfSquares: finite.reduce((sum, value) => sum + value ** 2, 0),
    limits: counts.map((_, i) => (i === buckets - 1 ? max : min + (i + 1) * width)),
  };
}
