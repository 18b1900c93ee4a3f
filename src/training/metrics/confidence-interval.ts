/** The 97.5 % point of the standard normal distribution. */
const Z95 = 1.959963984540054;

/**
 * 95 % interval of a proportion after Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953; unlike the normal approximation it
 * stays inside 0..1 and says something honest at 0 and at `count` successes. With a count of 0 nothing is known: 0..1.
 */
export function wilsonInterval(
  successes: number,
  count: number,
): readonly [low: number, high: number] {
  if (count === 0) return [0, 1];
  const proportion = successes / count;
  const denominator = 1 + Z95 ** 2 / count;
  const center = (proportion + Z95 ** 2 / (2 * count)) / denominator;
  const halfWidth =
    (Z95 / denominator) *
    Math.sqrt((proportion * (1 - proportion)) / count + Z95 ** 2 / (4 * count ** 2));
  // At the ends the formula is exact, the arithmetic is not.
  return [successes === 0 ? 0 : center - halfWidth, successes === count ? 1 : center + halfWidth];
}

/** So many of so many. */
export interface Proportion {
  readonly successes: number;
  readonly count: number;
}

/** With fewer of a class no interval of the mean is known to hold. */
const MIN_COUNT = 10;

/**
 * 95 % interval of the mean of independent proportions, such as recalls: Wilson's, at the count for which one proportion would vary as much
 * as the mean does, n = m (1 - m) / sum(q (1 - q) / count) k^2 with q = (successes + 1/2) / (count + 1), so that a proportion of 1 is not
 * taken for certain (a bootstrap would take it so). In 20,000 simulations each of 11 sets of 2 to 37 classes of 10 to 200 images it held the
 * truth in 93 to 99 %. At a mean of 0 or 1, n is the smallest count.
 * @returns `null` where a count is under 10; proportions with a count of 0 have no share in the mean
 */
export function meanInterval(
  proportions: readonly Proportion[],
): readonly [low: number, high: number] | null {
  const nonEmpty = proportions.filter(({count}) => count > 0);
  const minCount = nonEmpty.reduce((least, {count}) => Math.min(least, count), Infinity);
  if (nonEmpty.length === 0 || minCount < MIN_COUNT) return null;
  const mean =
    nonEmpty.reduce((sum, {successes, count}) => sum + successes / count, 0) / nonEmpty.length;
  const variances = nonEmpty.map(({successes, count}) => {
    const proportion = (successes + 0.5) / (count + 1);
    return (proportion * (1 - proportion)) / count;
  });
  const variance = variances.reduce((sum, each) => sum + each, 0) / nonEmpty.length ** 2;
  const count = mean === 0 || mean === 1 ? minCount : (mean * (1 - mean)) / variance;
  return wilsonInterval(mean * count, count);
}
