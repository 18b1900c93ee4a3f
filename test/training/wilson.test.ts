import {expect} from 'chai';
import {wilsonInterval} from '../../src/training/wilson.js';

describe('the Wilson interval', () => {
  // scipy 1.17.1: binomtest(successes, count).proportion_ci(method='wilson')
  const SCIPY = [
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [1, 1, 0.20654931437723745, 1],
    [42, 50, 0.7148578393696501, 0.916625793219666],
    [144, 153, 0.8919944328901532, 0.968747369788028],
    [950, 1000, 0.9346861797557491, 0.9618697376072511],
  ] as const;

  for (const [successes, count, low, high] of SCIPY) {
    it(`of ${successes} in ${count} is ${low.toFixed(3)} to ${high.toFixed(3)}`, () => {
      const interval = wilsonInterval(successes, count);
      expect(interval[0]).to.be.closeTo(low, 1e-12);
      expect(interval[1]).to.be.closeTo(high, 1e-12);
    });
  }

  it('knows nothing without an image', () => {
    expect(wilsonInterval(0, 0)).to.deep.equal([0, 1]);
  });
});
