import {expect} from 'chai';
import {ticks} from '../../../src/report/charts/chart-frame.js';
import {curves} from '../../../src/report/charts/curves.js';
import type {EpochRow} from '../../../src/training/loop/history.js';

const row = (phase: string, trainingLoss: number): EpochRow => ({
  phase,
  epoch: 1,
  step: 1,
  learningRate: 0.1,
  trainingLoss,
  trainingAccuracy: 0.875,
  validationLoss: 0.5,
  validationAccuracy: 0.75,
  validationBalancedAccuracy: 0.75,
  best: false,
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
    const {text} = curves([row('probe', 3), row('probe', 2), row('last-stage', 1)], 'accuracy');
    expect(text.match(/<circle/g)).to.have.length(12);
    expect(text.match(/class="phase-name"[^>]*>\w+/g)).to.have.length(4);
    expect(text)
      .to.contain('epoch 3: training 1')
      .and.to.contain('>probe<')
      .and.to.contain('>last-stage<');
  });

  it('let a wild validation loss leave the image, so that the rest can be read', () => {
    const wild = {...row('all', 1), validationLoss: 50};
    const loss = curves([wild, row('all', 1)], 'accuracy').text.split('Accuracy')[0]!;
    expect(
      [...loss.matchAll(/text-anchor="end"\s*>([\d.]+)</g)].map(([, tick]) => tick),
    ).to.deep.equal(['0', '0.5', '1', '1.5', '2']);
    expect(loss).to.match(/<polygon[^>]*><title>epoch 1: validation 50.0</);
    expect(loss.replace(/\s+/g, ' ')).to.contain('▲ 1 point above the chart, up to 50.0.');
  });

  it('have names of their own on the page, and clip no dot', () => {
    const {text} = curves([row('all', 1)], 'accuracy');
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).to.have.length(2);
    expect(new Set(ids).size).to.equal(2);
    expect(text).to.not.match(/<g[^>]*clip-path/);
  });

  it('mark the epoch that the history calls the best', () => {
    const rows = [
      row('all', 1),
      {...row('all', 1), best: true},
      {...row('all', 1), validationAccuracy: 0.5},
    ];
    expect(curves(rows, 'accuracy').text.match(/epoch \d: [^<]*, kept/g)).to.deep.equal([
      'epoch 2: validation 75.0\u00a0%, kept',
    ]);
  });

  it('are of balanced accuracy where the epoch was chosen by it', () => {
    const rows = [row('all', 1), {...row('all', 1), best: true, validationBalancedAccuracy: 0.8}];
    const {text} = curves(rows, 'balancedAccuracy');
    expect(text).to.contain('Balanced accuracy');
    expect(text.match(/epoch \d: [^<]*, kept/g)).to.deep.equal([
      'epoch 2: validation 80.0\u00a0%, kept',
    ]);
  });

  it('show the accuracy on training images where it was measured', () => {
    expect(curves([row('all', 1)], 'accuracy').text).to.contain('epoch 1: training 87.5\u00a0%');
    const solved = {...row('probe', 1), trainingAccuracy: null};
    const {trainingAccuracy: _, ...older} = row('all', 1);
    for (const one of [solved, older as EpochRow])
      expect(curves([one], 'accuracy').text.match(/<circle/g)).to.have.length(3);
    expect(curves([row('all', 1)], 'balancedAccuracy').text).to.not.contain('training 87.5');
  });

  it('show the learning rate where it changes', () => {
    const {text} = curves([row('a', 1), {...row('b', 1), learningRate: 5e-4}], 'accuracy');
    expect(text)
      .to.contain('Learning rate by epoch')
      .and.to.contain('epoch 1: highest of all layer groups 0.1')
      .and.to.contain('epoch 2: highest of all layer groups 5.0e-4');
    expect(curves([row('a', 1), row('a', 1)], 'accuracy').text).to.not.contain('Learning rate');
    const {learningRate: _, ...older} = row('a', 1);
    expect(curves([older as EpochRow, row('a', 1)], 'accuracy').text).to.not.contain('Learning');
  });

  it('can be of a single epoch', () => {
    expect(curves([row('probe', 1)], 'accuracy').text).to.not.contain('NaN');
  });

  it('leave out a loss that is not finite', () => {
    const {text} = curves([row('probe', NaN), row('probe', Infinity), row('probe', 1)], 'accuracy');
    expect(text).to.not.contain('NaN').and.not.to.contain('Infinity');
    expect(text.match(/<circle/g)).to.have.length(10);
  });
});
