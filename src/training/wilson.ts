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
