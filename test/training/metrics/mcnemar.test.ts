import {expect} from 'chai';
import {mcnemarExact} from '../../../src/training/metrics/mcnemar.js';

/** SciPy 1.17.1 `binomtest(onlyFirst, onlyFirst + onlySecond, 0.5).pvalue`, which is McNemar's exact test. */
const SCIPY = [
  [9, 3, 0.14599609375],
  [1, 0, 1],
  [6, 0, 0.03125],
  [5, 5, 1],
  [30, 14, 0.022628841205914796],
  [120, 180, 0.0006342200069283566],
  [700, 600, 0.0060157938610449395],
] as const;

describe('mcnemarExact', () => {
  it("is SciPy's, whichever classifier is first", () => {
    for (const [first, second, pValue] of SCIPY) {
      expect(mcnemarExact(first, second)).to.be.closeTo(pValue, 1e-10);
      expect(mcnemarExact(second, first)).to.equal(mcnemarExact(first, second));
    }
  });

  it('finds no difference where there is none', () => {
    expect(mcnemarExact(0, 0)).to.equal(1);
  });
});
