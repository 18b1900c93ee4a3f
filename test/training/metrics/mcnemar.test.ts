import {expect} from 'chai';
import {mcnemarTest} from '../../../src/training/metrics/mcnemar.js';

describe('mcnemarTest', () => {
  // scipy.stats.binomtest(a, a + b, 0.5).pvalue of SciPy 1.17.1
  for (const [first, second, pValue] of [
    [9, 3, 0.14599609375],
    [30, 14, 0.022628841205914796],
    [120, 180, 0.0006342200069283566],
    [0, 1, 1.0],
    [0, 5, 0.0625],
    [0, 6, 0.03125],
    [3, 12, 0.03515625],
    [10, 10, 1.0],
    [10, 11, 1.0],
    [40, 70, 0.005447429511444476],
    [400, 500, 0.0009564441369189373],
  ] as const) {
    it(`equals SciPy's exact binomial test for ${first} against ${second}`, () => {
      expect(mcnemarTest(first, second)).to.be.closeTo(pValue, 1e-9 + 1e-9 * pValue);
      expect(mcnemarTest(second, first)).to.equal(mcnemarTest(first, second));
    });
  }

  it('is 1 for classifiers that agree on every image', () => {
    expect(mcnemarTest(0, 0)).to.equal(1);
  });

  it('does not overflow for many images', () => {
    expect(mcnemarTest(50_000, 50_000)).to.equal(1);
    expect(mcnemarTest(3000, 5000)).to.be.within(0, 1e-100);
  });
});
