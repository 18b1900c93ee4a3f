import {expect} from 'chai';
import {trainingSection} from '../../../src/report/sections/training-section.js';
import type {HeadSolution} from '../../../src/training/head-solver/solve-head.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const SOLUTION: HeadSolution = {
  phaseIndex: 0,
  l2: 1,
  scale: 2,
  candidates: [
    {l2: 3, scale: 3, loss: 0.41234, accuracy: 0.8},
    {l2: 1, scale: 2, loss: 0.4, accuracy: 0.79},
    {l2: 0.3, scale: 1, loss: 0.45, accuracy: 0.81},
  ],
  folds: 5,
  baselineAccuracy: 0.5,
  iterations: 26,
  gradientNorm: 1e-6,
  loss: 0.1,
  images: 245,
  views: 3,
  seconds: 1,
};

describe('the training section of a report', () => {
  const record = madeUpRecord(['ants', 'bees']);

  it('has curves by epoch', () => {
    expect(trainingSection(record).text).to.include('Loss by epoch').and.not.include('L2 penalty');
  });

  it('has the cross-validated strengths of a solved head, and no curves of a single epoch', () => {
    const solved = {...record, history: record.history.slice(0, 1), headSolutions: [SOLUTION]};
    const {text} = trainingSection(solved);
    expect(text).to.not.include('by epoch');
    const rows = [...text.matchAll(/<tr>\s*<th scope="row">(.*?)<\/tr>/gs)].map(([, row]) =>
      row!
        .replace(/<[^>]+>|\s+/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );
    expect(rows.slice(-3)).to.deep.equal([
      '3 0.4123 80.0 %',
      '1 chosen 0.4000 79.0 %',
      '0.3 0.4500 81.0 %',
    ]);
  });
});
