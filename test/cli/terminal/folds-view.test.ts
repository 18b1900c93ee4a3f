import {expect} from 'chai';
import {FoldsView} from '../../../src/cli/terminal/folds-view.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {mergeRecipe} from '../../../src/finetune/recipe/resolve-recipe.js';
import {RunningMetrics, type Metrics} from '../../../src/training/metrics/metrics.js';
import {capture} from '../../helpers/capture.js';

const FACTS = {
  images: 80,
  classes: 2,
  smallestClass: 40,
  largestClass: 40,
  pretrained: true,
  gpu: false,
};
const resolved = mergeRecipe([{source: 'flag', values: {freeze: 'probe', epochs: 2}}], FACTS);

function metrics(correct: number): Metrics {
  const running = new RunningMetrics(['ants', 'bees']);
  const rows = Array.from({length: 10}, (_, i) => (i < correct ? [0.9, 0.1] : [0.1, 0.9])).flat();
  running.add(Float32Array.from(rows), new Int32Array(10), 2.5);
  return running.metrics();
}

/** What a fold says that is trained. */
const trained = (number: number, correct: number): RunEvent[] => [
  {type: 'fold', number, folds: 3},
  {type: 'dataset', root: '/pets', classes: 2, images: 30},
  {type: 'weights', name: 'none', path: null},
  {type: 'split', train: 20, validation: 10, test: 0, perClass: []},
  {type: 'phase', index: 0, phase: resolved.recipe.phases[0]!, steps: 4, cached: true},
  ...[0, 1].flatMap((epoch): RunEvent[] => [
    {type: 'progress', activity: 'train', done: 20, total: 20, unit: 'images', epoch},
    {type: 'progress', activity: 'evaluate', done: 10, total: 10, unit: 'images', epoch},
  ]),
  {type: 'fold-end', number, folds: 3, metrics: metrics(correct), seconds: 12.4, isResumed: false},
];

function said(events: readonly RunEvent[], verbose = false): string[] {
  const captured = capture();
  let now = 0;
  const view = new FoldsView(captured.terminal, resolved.recipe, {
    verbose,
    clock: () => (now += 30),
  });
  view.listen({type: 'recipe', ...resolved});
  events.forEach(view.listen);
  view.close();
  return captured.stderr.split('\n').slice(0, -1);
}

const having = (lines: readonly string[], start: RegExp): string[] =>
  lines.filter(line => start.test(line));

describe('what a person sees of a cross-validation', () => {
  const lines = said([...trained(1, 9), ...trained(2, 8), ...trained(3, 10)]);

  it('has one header, and a line for each fold', () => {
    for (const label of ['dataset', 'weights', 'split', 'recipe'])
      expect(having(lines, new RegExp(`^${label} `)), label).to.have.length(1);
    expect(having(lines, /^phase/)).to.deep.equal([]);
    expect(having(lines, /^(fold|\d)/)).to.deep.equal([
      'fold         accuracy  balanced      loss    images      time',
      '1/3            90.0 %    90.0 %    0.2500        10      12 s',
      '2/3            80.0 %    80.0 %    0.2500        10      12 s',
      '3/3           100.0 %   100.0 %    0.2500        10      12 s',
    ]);
  });

  it('has one bar, whose time left is that of all folds', () => {
    // 3 folds of 2 epochs of 30 images.
    const bars = having(lines, /^training/).map(line =>
      /(\d+ %): (fold \d\/3), (\d+ of \d+) images/.exec(line)?.slice(1).join(' '),
    );
    expect(bars[0]).to.match(/fold 1\/3 \d+ of 180$/);
    expect(bars.at(-1)).to.equal('100 % fold 3/3 180 of 180');
    const left = having(lines, /left$/);
    expect(left.length).to.be.above(3);
  });

  it('does not count the folds that a resumed cross-validation had finished', () => {
    const resumed = said([
      {type: 'fold', number: 1, folds: 3},
      {type: 'fold-end', number: 1, folds: 3, metrics: metrics(9), seconds: 12, isResumed: true},
      ...trained(2, 8),
      ...trained(3, 10),
    ]);
    expect(having(resumed, /^1\/3/)[0]).to.match(/12 s {2}resumed$/);
    expect(having(resumed, /^dataset/)).to.have.length(1);
    expect(having(resumed, /^training/).at(-1)).to.match(/fold 3\/3, 120 of 120 images/);
  });

  it('shows every phase when verbose', () => {
    expect(having(said([...trained(1, 9), ...trained(2, 8)], true), /^phase 1/)).to.have.length(2);
  });
});
