/** Logarithm of n!, summed. Exact to float64 for the number of images of any evaluation. */
function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logs[i] = logs[i - 1]! + Math.log(i);
  return logs;
}

/**
 * Two-sided p-value of McNemar's exact test (https://doi.org/10.1007/BF02295996): the probability that two classifiers that are equally
 * good disagree this unevenly or more on the same images. Images on which both are right or both are wrong say nothing about the difference.
 *
 * The exact test is used instead of its mid-p variant, since it never claims a difference more often than its level says, however few
 * images there are.
 * @param onlyFirst number of images that only the first classifier gets right
 * @param onlySecond number of images that only the second classifier gets right
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const logs = logFactorials(n);
  let tail = 0;
  for (let k = 0; k <= Math.min(onlyFirst, onlySecond); k++)
    tail += Math.exp(logs[n]! - logs[k]! - logs[n - k]! - n * Math.LN2);
  return Math.min(1, 2 * tail);
}
