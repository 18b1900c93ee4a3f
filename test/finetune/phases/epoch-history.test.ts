import {expect} from 'chai';
import type {RunEvent} from '../../../src/finetune/events.js';
import {EpochHistory} from '../../../src/finetune/phases/epoch-history.js';
import type {Phase} from '../../../src/finetune/recipe/phases.js';
import {RunContext} from '../../../src/finetune/run/run-context.js';
import type {PhaseTrainer} from '../../../src/training/loop/phase-trainer.js';
import type {Metrics} from '../../../src/training/metrics/metrics.js';

const PHASE = {
  name: 'last-stage',
  epochs: 3,
  learningRates: {stem: null, stage4: 0.01, head: 0.02},
} as unknown as Phase;
const METRICS = {accuracy: 0.5, balancedAccuracy: 0.25, loss: 1} as Metrics;
const trainerAfter = (epoch: number): PhaseTrainer =>
  ({state: {epoch}, updates: 8 * epoch}) as PhaseTrainer;
const resultOf = (best: boolean) => ({
  lrFactor: 0.5,
  training: {loss: 2, accuracy: 0.75, gradientNorm: 3},
  metrics: METRICS,
  best,
  seconds: 1,
});

describe('the history of a run', () => {
  it('has one best row: the last that was the best so far', () => {
    const history = new EpochHistory(new RunContext());
    [true, true, false].forEach((best, i) =>
      history.add(PHASE, trainerAfter(i + 1), resultOf(best)),
    );
    expect(history.rows.map(row => row.best)).to.deep.equal([false, true, false]);
  });

  it('keeps the best row of the run that it resumes', () => {
    const interrupted = new EpochHistory(new RunContext());
    interrupted.add(PHASE, trainerAfter(1), resultOf(true));
    const history = new EpochHistory(new RunContext());
    history.resume(interrupted.rows);
    history.add(PHASE, trainerAfter(2), resultOf(false));
    expect(history.rows.map(row => [row.epoch, row.best])).to.deep.equal([
      [1, true],
      [2, false],
    ]);
  });

  it('gives the highest learning rate of any group, and counts epochs of events from 0', () => {
    const events: RunEvent[] = [];
    const history = new EpochHistory(new RunContext({onEvent: event => events.push(event)}));
    history.add(PHASE, trainerAfter(2), resultOf(true));
    expect(history.rows[0]).to.include({
      ...{epoch: 2, step: 16, learningRate: 0.01, trainingLoss: 2},
      trainingAccuracy: 0.75,
      gradientNorm: 3,
    });
    expect(events).to.have.length(1);
    expect(events[0]).to.include({
      ...{type: 'epoch', number: 1, epoch: 1, epochs: 3, best: true},
      gradientNorm: 3,
    });
  });
});
