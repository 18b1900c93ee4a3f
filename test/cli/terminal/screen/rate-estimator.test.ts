import {expect} from 'chai';
import {RateEstimator} from '../../../../src/cli/terminal/screen/rate-estimator.js';

describe('the rate estimator', () => {
  it('says nothing before it has been measured for two seconds', () => {
    const pace = new RateEstimator();
    pace.start(0, 100);
    pace.update(50, 101.9);
    expect(pace.rate).to.equal(undefined);
    pace.update(80, 102);
    expect(pace.rate).to.be.closeTo(40, 0.1);
  });

  it('counts from where it started', () => {
    const pace = new RateEstimator();
    pace.start(900, 0);
    pace.update(1000, 10);
    expect(pace.rate).to.be.closeTo(10, 1e-9);
  });

  it('forgets a slow start', () => {
    const pace = new RateEstimator();
    pace.start(0, 0);
    pace.update(1, 10);
    for (let second = 1; second <= 60; second++) pace.update(1 + 100 * second, 10 + second);
    expect(pace.rate).to.be.within(95, 100);
  });
});
