import {expect} from 'chai';
import {median, speedRatio, summarize} from '../../bench/statistics.js';

describe('statistics of readings', () => {
  it('takes the middle of an odd number, and the mean of the two in the middle of an even one', () => {
    expect(median([9, 1, 4])).to.equal(4);
    expect(median([9, 1, 4, 5])).to.equal(4.5);
    expect(summarize([3, 1, 2])).to.deep.equal({median: 2, min: 1, max: 3});
  });

  it('does not make one up where nothing was read', () => {
    expect(() => median([])).to.throw('There are no readings');
  });

  it('is above 1 where ours is faster, by rate or by time, and where ours takes more memory', () => {
    expect(speedRatio('images/s', [20, 30, 40], [10, 15, 99])).to.equal(2);
    expect(speedRatio('s', [10], [25])).to.equal(2.5);
    expect(speedRatio('MiB', [3000], [2000])).to.equal(1.5);
  });
});
