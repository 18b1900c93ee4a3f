import {expect} from 'chai';
import {meanInterval, wilsonInterval} from '../../../src/training/metrics/confidence-interval.js';

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

describe('the interval of a mean of proportions', () => {
  const of = (...pairs: readonly (readonly [successes: number, count: number])[]) =>
    meanInterval(pairs.map(([successes, count]) => ({successes, count})));

  it('is that of NumPy, by the same formula', () => {
    const [low, high] = of([7, 10], [45, 60], [60, 60])!;
    expect(low).to.be.closeTo(0.6936277695243377, 1e-12);
    expect(high).to.be.closeTo(0.8975887463135895, 1e-12);
  });

  it('leaves out what has no images, and is wider than nothing where all were found', () => {
    expect(of([7, 10], [0, 0], [45, 60], [60, 60])).to.deep.equal(of([7, 10], [45, 60], [60, 60]));
    expect(of([10, 10], [90, 90])).to.deep.equal(wilsonInterval(10, 10));
    expect(of([0, 10], [0, 90])).to.deep.equal(wilsonInterval(0, 10));
  });

  it('is not known where a class has fewer than 10 images, or none has any', () => {
    expect(of([9, 9], [90, 90])).to.equal(null);
    expect(of([0, 0])).to.equal(null);
  });
});
