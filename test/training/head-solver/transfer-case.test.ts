import {expect} from 'chai';
import {describeTransferCase} from '../../../src/training/head-solver/describe-head-solution.js';
import {judgeTransferCase, SMALL_SET} from '../../../src/training/head-solver/transfer-case.js';

/** A probe whose strength of lowest loss has an accuracy. */
const probe = (accuracy: number, baselineAccuracy: number, images = 300) => ({
  candidates: [
    {l2: 1, loss: 0.9, accuracy: 1},
    {l2: 0.3, loss: 0.5, accuracy},
  ],
  baselineAccuracy,
  images,
});

describe('the case of a dataset', () => {
  it('is small or large by its training images', () => {
    expect(judgeTransferCase(probe(0.9, 0.5, SMALL_SET - 1)).size).to.equal('small');
    expect(judgeTransferCase(probe(0.9, 0.5, SMALL_SET)).size).to.equal('large');
  });

  it('is similar where a probe avoids half of the errors of naming the largest class', () => {
    expect(judgeTransferCase(probe(0.75, 0.5))).to.include({fit: 0.5, domain: 'similar'});
    expect(judgeTransferCase(probe(0.74, 0.5)).domain).to.equal('different');
    // Nine in ten right are little where nine in ten images are of one class.
    expect(judgeTransferCase(probe(0.91, 0.9)).domain).to.equal('different');
    expect(judgeTransferCase(probe(0.51, 0.02)).domain).to.equal('similar');
  });

  it('is different where all training images are of one class', () => {
    expect(judgeTransferCase(probe(1, 1))).to.include({fit: 0, domain: 'different'});
  });

  it('is told with its figures and what to do', () => {
    expect(describeTransferCase(probe(0.922, 0.502, 245))).to.equal(
      'small set (245 images), similar domain: a probe reaches 92.2 % in cross-validation, the largest class alone 50.2 %; a probe or the last stage is enough',
    );
    expect(describeTransferCase(probe(0.3, 0.2))).to.match(/different domain.*--last-stage 3/);
    expect(describeTransferCase(probe(0.3, 0.2, 5000))).to.match(/^large set.*train the whole/);
    expect(describeTransferCase(probe(0.9, 0.2, 5000))).to.match(/--freeze probe-then-full\)$/);
  });
});
