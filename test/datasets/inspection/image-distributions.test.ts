import {expect} from 'chai';
import {
  histogram,
  imageDistributions,
} from '../../../src/datasets/inspection/image-distributions.js';

describe('histograms of a folder', () => {
  it('count every value once, also at both ends', () => {
    const found = histogram([0, 1, 2, 3, 24], false)!;
    expect([found.from, found.to, found.counts.length]).to.deep.equal([0, 24, 24]);
    expect(found.counts.slice(0, 4)).to.deep.equal([1, 1, 1, 1]);
    expect(found.counts.at(-1)).to.equal(1);
  });

  it('have bins of equal ratios where they are logarithmic', () => {
    const {counts} = histogram([1, 2, 2 ** 24], true)!;
    expect([counts[0], counts[1], counts[23]]).to.deep.equal([1, 1, 1]);
  });

  it('work for values that are all the same, and for none', () => {
    expect(histogram([5, 5], true)!.counts[0]).to.equal(2);
    expect(histogram([], false)).to.be.undefined;
    expect(imageDistributions([])).to.deep.equal({});
  });
});
