import {expect} from 'chai';
import {
  calibrationSection,
  describeReliability,
} from '../../../src/report/sections/calibration-section.js';
import type {Metrics} from '../../../src/training/metrics/metrics.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const {validation} = madeUpRecord(['ants', 'bees', 'wasps']).metrics;
const scores = {ece: 0.061, brier: 0.2, loss: 0.5};
const calibration = {
  temperature: 1.32,
  images: 152,
  before: scores,
  after: {ece: 0.032, brier: 0.18, loss: 0.45},
};
const textOf = (metrics: Metrics, fitted?: typeof calibration): string =>
  calibrationSection({validation: metrics}, fitted)!.text.replace(/[ \n]+/g, ' ');

describe('the section on calibration', () => {
  it('has a bar for each bin with images, of the height of its accuracy', () => {
    const bins = validation.reliability.map((bin, i) =>
      i === 12 ? {count: 4, confidence: 0.85, accuracy: 0.5} : {...bin, count: 0},
    );
    const text = textOf({...validation, reliability: bins});
    expect(text.match(/class="column"/g)).to.have.length(1);
    expect(text).to.contain(
      'probabilities from 80\u00a0% to 87\u00a0%: 4 images, on average 85.0\u00a0% probable, 50.0\u00a0% correct',
    );
    // 12/15 and 13/15 of the way from 46 to 428; the middle between 26 and 236.
    expect(text).to.match(/class="column" x="352.6" y="131" width="23.47" height="105"/);
  });

  it('compares the scores before and after the temperature', () => {
    const text = textOf(validation, calibration);
    expect(text).to.contain('6.1\u00a0%</td> <td class="number">3.2\u00a0%');
    expect(text)
      .to.contain('0.200</td> <td class="number">0.180')
      .and.to.contain('0.500</td> <td class="number">0.450')
      .and.to.contain('a temperature of 1.32, fitted on 152 validation images: it lowers');
  });

  it('says so where no temperature helps', () => {
    expect(textOf(validation, {...calibration, temperature: 1, after: scores}))
      .to.contain('6.1\u00a0%</td> </tr>')
      .and.to.contain('no temperature serves the 152 validation images better');
  });

  it('says in words whether it is too sure', () => {
    const said = (confidence: number): string =>
      describeReliability(
        {
          accuracy: 0.8,
          ece: 0.05,
          reliability: [
            {count: 0, confidence: 0, accuracy: 0},
            {count: 10, confidence, accuracy: 0.8},
          ],
        },
        'test',
      );
    expect(said(0.9)).to.equal(
      'The model is overconfident: the class it predicts has a probability of 90.0\u00a0% on average, and is correct for 80.0\u00a0% of the test images. Bar by bar, the two are 5.0 points apart.',
    );
    expect(said(0.7)).to.match(/^The model is underconfident/);
    expect(said(0.81)).to.match(/^On the whole, its probabilities are well calibrated/);
  });

  it('is about the test images where there are some', () => {
    const test = {...validation, accuracy: 0.123};
    expect(calibrationSection({validation, test}, undefined)!.text).to.contain(
      'correct for 12.3\u00a0% of the test images',
    );
    expect(textOf(validation)).to.contain('of the validation images');
  });

  it('is left out of the report of an older record', () => {
    const {reliability: _, ...older} = validation;
    expect(calibrationSection({validation: older as unknown as Metrics}, undefined)).to.equal(
      undefined,
    );
  });
});
