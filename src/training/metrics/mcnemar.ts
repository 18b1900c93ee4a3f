/**
 * Two-sided p-value of McNemar's exact test (https://doi.org/10.1007/BF02295996): of two classifiers on the same images, `onlyFirst` images are classified correctly by the first
 * alone, and `onlySecond` by the second alone. If both are equally accurate, each of these images falls to either with probability 1/2. Unlike its
 * mid-p variant the exact test never claims a difference more often than its level says, however few images there are.
 */
export function mcnemarTest(onlyFirst: number, onlySecond: number): number {
  const count = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  // log C(count, k) - count log 2, so that no binomial coefficient overflows.
  let logProbability = -count * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += Math.exp(logProbability);
    logProbability += Math.log((count - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** Probability of claiming a difference where there is none that is accepted, over all tests together. */
const SIGNIFICANCE = 0.05;

/** Whether a difference is clear. @param tests number of tests that it is one of (Bonferroni) */
export const isSignificant = (pValue: number, tests = 1): boolean => pValue * tests < SIGNIFICANCE;
