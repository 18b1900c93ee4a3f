import {expect} from 'chai';
import {curves, ticks} from '../../src/report/curves.js';
import type {EpochRow} from '../../src/training/history.js';

const row = (phase: string, trainingLoss: number): EpochRow => ({
  phase,
  epoch: 1,
  step: 1,
  learningRate: 0.1,
  trainingLoss,
  validationLoss: 0.5,
  validationAccuracy: 0.75,
  seconds: 1,
});

describe('ticks', () => {
  it('are round numbers between the ends', () => {
    expect(ticks(0, 0.72, 4)).to.deep.equal([0, 0.2, 0.4, 0.6000000000000001]);
    expect(ticks(1, 20, 6)).to.deep.equal([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    expect(ticks(0, 2400, 4)).to.deep.equal([0, 500, 1000, 1500, 2000]);
  });
});

describe('curves', () => {
  it('have a point an epoch, and a band a phase, across all phases', () => {
    const {text} = curves([row('probe', 3), row('probe', 2), row('top', 1)]);
    expect(text.match(/<circle/g)).to.have.length(9);
    expect(text.match(/class="phase-name"[^>]*>\w+/g)).to.have.length(4);
    expect(text).to.contain('epoch 3: training 1').and.to.contain('>probe<').and.to.contain('>top<');
  });

  it('can be of a single epoch', () => {
    expect(curves([row('probe', 1)]).text).to.not.contain('NaN');
  });

  it('leave out a loss that is not finite', () => {
    const {text} = curves([row('probe', NaN), row('probe', Infinity), row('probe', 1)]);
    expect(text).to.not.contain('NaN').and.not.to.contain('Infinity');
    expect(text.match(/<circle/g)).to.have.length(7);
  });
});
