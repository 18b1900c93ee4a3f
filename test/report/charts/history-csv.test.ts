import {expect} from 'chai';
import {historyCsv} from '../../../src/report/charts/history-csv.js';

const ROW = {
  phase: 'probe',
  epoch: 1,
  step: 8,
  learningRate: 0.01,
  trainingLoss: 0.5,
  trainingAccuracy: 0.625,
  validationLoss: 0.25,
  validationAccuracy: 0.875,
  validationBalancedAccuracy: 0.75,
  best: false,
  seconds: 1.5,
};

describe('history.csv', () => {
  it('has a line an epoch below the names of the columns', () => {
    expect(
      historyCsv([ROW, {...ROW, epoch: 2, step: 16, learningRate: 1e-7, best: true}]),
    ).to.equal(
      'phase,epoch,step,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy,validation_balanced_accuracy,best,seconds\r\n' +
        'probe,1,8,0.01,0.5,0.625,0.25,0.875,0.75,false,1.5\r\n' +
        'probe,2,16,1e-7,0.5,0.625,0.25,0.875,0.75,true,1.5\r\n',
    );
  });

  it('quotes a phase whose name would break a line apart', () => {
    const names = ['head, then top', 'the "top"', 'two\nlines'];
    const lines = historyCsv(names.map(phase => ({...ROW, phase})));
    expect(lines)
      .to.contain('"head, then top",1,')
      .and.to.contain('"the ""top""",1,')
      .and.to.contain('"two\nlines",1,');
  });
});
