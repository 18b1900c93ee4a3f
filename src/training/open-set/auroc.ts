/** How well a score tells two sets apart. */
export interface Separation {
  /** Probability that a known image has a higher score than an unknown one (area under the ROC curve); 0.5 is chance. */
  readonly auroc: number;
  /** Fraction of unknown images that pass as known at the score that 95 % of the known images reach. */
  readonly fprAt95: number;
}

/** Compares the scores of known and unknown images; ties count half. @throws RangeError without images of either kind */
export function separation(known: readonly number[], unknown: readonly number[]): Separation {
  if (known.length === 0 || unknown.length === 0)
    throw new RangeError('Known and unknown images are compared: give at least one of each.');
  const sortedKnown = known.toSorted((a, b) => a - b);
  const wins = unknown.reduce(
    (sum, score) =>
      sum + known.length - (lowerBound(sortedKnown, score) + upperBound(sortedKnown, score)) / 2,
    0,
  );
  const threshold = sortedKnown[Math.floor(0.05 * known.length)]!;
  return {
    auroc: wins / (known.length * unknown.length),
    fprAt95: unknown.filter(score => score >= threshold).length / unknown.length,
  };
}

/** Number of sorted values for which a predicate holds, which holds for a prefix of them. */
function countPrefix(sorted: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Number of sorted values below a value. */
export const lowerBound = (sorted: readonly number[], score: number): number =>
  countPrefix(sorted, value => value < score);
const upperBound = (sorted: readonly number[], score: number): number =>
  countPrefix(sorted, value => value <= score);
