import {expect} from 'chai';
import {smallSampleWarning} from '../../../src/report/charts/small-sample.js';
import {wilsonInterval} from '../../../src/training/metrics/confidence-interval.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const measured = (count: number) => ({
  ...madeUpRecord(['a', 'b']).metrics.validation,
  numImages: count,
  accuracyCi95: wilsonInterval(0.9 * count, count),
});

describe('the warning of small sets', () => {
  it('says what one image is worth, and what may be chance', () => {
    expect(smallSampleWarning(measured(150), 'validation')).to.equal(
      'The validation set has 150 images, so one image is worth 0.67 points. Runs that differ by less than about 5 points may differ by chance.',
    );
  });

  it('names what was measured', () => {
    expect(smallSampleWarning(measured(1), 'all')).to.contain(
      'The folder has 1 image, so one image is worth 100.00 points.',
    );
    expect(smallSampleWarning(measured(2), 'test')).to.contain('The test set has 2 images');
  });

  it('ends where one image no longer matters', () => {
    expect(smallSampleWarning(measured(490), 'test')).to.be.a('string');
    expect(smallSampleWarning(measured(500), 'test')).to.equal(undefined);
  });
});
