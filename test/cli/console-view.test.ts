import {expect} from 'chai';
import {ConsoleView} from '../../src/cli/console-view.js';
import type {Finding} from '../../src/core/finding.js';
import type {RunEvent} from '../../src/finetune/events.js';
import {resolveLayers} from '../../src/finetune/resolve-recipe.js';
import {RunningMetrics} from '../../src/training/metrics.js';
import {capture} from './capture.js';

const FACTS = {images: 244, classes: 2, smallestClass: 120, largestClass: 124, pretrained: true, gpu: false};
const resolved = resolveLayers([{source: 'flag', values: {freeze: 'probe-then-top', lastStage: 3, epochs: 3, lr: 1e-4}}], FACTS);

const metrics = (correct: number, of = 10) => {
  const running = new RunningMetrics(['ants', 'bees']);
  const rows = Array.from({length: of}, (_, i) => (i < correct ? [0.9, 0.1] : [0.1, 0.9])).flat();
  running.add(Float32Array.from(rows), new Int32Array(of), 0.25 * of);
  return running.metrics();
};

const epoch = (number: number, correct: number, best: boolean): RunEvent => ({
  ...{type: 'epoch', phase: 'probe', epoch: number, epochs: 3, trainingLoss: 0.5},
  ...{metrics: metrics(correct), best, seconds: 0.05},
});

const finding = (code: string, severity: Finding['severity'], message: string): RunEvent => ({
  type: 'finding',
  finding: {code, severity, message, files: []},
});

function shown(events: readonly RunEvent[], {verbose = false, secondsBetween = 2} = {}): string[] {
  const said = capture();
  let now = 0;
  const view = new ConsoleView(said.terminal, {verbose, clock: () => (now += secondsBetween)});
  events.forEach(view.listen);
  view.close();
  return said.stderr.split('\n').slice(0, -1);
}

describe('what a person sees of a run', () => {
  it('tells dataset, weights, split, findings and recipe in this order, whenever findings come', () => {
    const lines = shown([
      {type: 'recipe', ...resolved},
      finding('not-an-image', 'note', 'Left out 1 file.'),
      {type: 'dataset', root: '/pets', classes: 2, images: 305},
      {type: 'weights', name: 'resnet50.imagenet1k-v1', path: '/cache/resnet50.pth'},
      finding('unreadable-image', 'warning', 'a.jpg cannot be read.'),
      {type: 'split', train: 244, validation: 61, test: 0},
    ]);
    expect(lines.slice(0, 6)).to.deep.equal([
      'dataset    /pets: 305 images in 2 classes',
      'weights    resnet50.imagenet1k-v1, from /cache/resnet50.pth',
      'split      244 to train, 61 to validate',
      'warning    a.jpg cannot be read.',
      'note       Left out 1 file.',
      'recipe     resnet50 up to stage 3, linear head, adamw, batches of 32, standard augmentation, seed 42',
    ]);
  });

  it('tells the reasons of what was recommended', () => {
    const split: RunEvent = {type: 'split', train: 244, validation: 61, test: 0};
    const text = shown([{type: 'recipe', ...resolved}, split]).join(' ');
    for (const reason of resolved.reasons) expect(text.replace(/\s+/g, ' ')).to.include(reason);
    expect(resolved.reasons).not.to.be.empty;
  });

  it('tells three findings of a kind and counts the rest; all of them when verbose', () => {
    const many = Array.from({length: 7}, (_, i) => finding('unreadable-image', 'warning', `${i}.jpg cannot be read.`));
    expect(shown(many)).to.deep.equal([...[0, 1, 2].map(i => `warning    ${i}.jpg cannot be read.`), '           and 4 more of this kind']);
    expect(shown(many, {verbose: true})).to.have.length(7);
  });

  it('tells of every phase what it trains, what is frozen, and what batch norm does', () => {
    const [probe, top] = resolved.recipe.freeze;
    const lines = shown([
      {type: 'recipe', ...resolved},
      {type: 'phase', index: 0, phase: probe!, steps: probe!.epochs * 8, cached: true},
      {type: 'phase', index: 1, phase: top!, steps: 24, cached: false},
    ]);
    const text = lines.join('\n').replace(/\n +/g, ' ');
    expect(text).to.include(`phase 1/2  probe: ${probe!.epochs} epochs of 8 updates on cached features trains head at 0.003`);
    expect(text).to.include('frozen: stem and stage1 to stage3, batch-norm statistics included');
    expect(text).to.include('phase 2/2  top: 3 epochs of 8 updates');
    expect(text).to.include('trains stage3 and head at 0.0001; frozen: stem, stage1 and stage2, batch-norm statistics included; ');
    expect(text).to.include('batch norm keeps its stored statistics');
  });

  it('shows a phase as one bar: its epochs, validation included', () => {
    const [probe] = resolved.recipe.freeze;
    const progress = (activity: 'train' | 'evaluate', number: number, done: number, total: number): RunEvent => ({
      ...{type: 'progress', activity, done, total, unit: 'images', epoch: number},
    });
    const lines = shown(
      [
        {type: 'split', train: 200, validation: 50, test: 0},
        {type: 'phase', index: 0, phase: {...probe!, epochs: 3}, steps: 30, cached: false},
        ...[progress('train', 0, 100, 200), progress('train', 0, 200, 200), progress('evaluate', 0, 50, 50)],
        epoch(0, 5, true),
        ...[progress('train', 1, 100, 200), progress('evaluate', 1, 25, 50)],
        epoch(1, 10, true),
        progress('train', 2, 125, 200),
        epoch(2, 10, false),
        {type: 'progress', activity: 'evaluate', done: 25, total: 50, unit: 'images'},
        {type: 'progress', activity: 'evaluate', done: 30, total: 50, unit: 'images'},
      ],
      {secondsBetween: 10},
    );
    const bars = lines.filter(line => /^(training|evaluating) /.test(line));
    bars.forEach(bar => expect(bar).to.match(/ images\/s, .* left/));
    expect(bars.map(bar => bar.replace(/, [\d.]+ images\/s, .* left/, ''))).to.deep.equal([
      'training   27 %: epoch 1/3, 200 of 750 images',
      'training   33 %: epoch 1/3, 250 of 750 images',
      'training   47 %: epoch 2/3, 350 of 750 images, accuracy 50.0 %',
      'training   63 %: epoch 2/3, 475 of 750 images, accuracy 50.0 %',
      'training   83 %: epoch 3/3, 625 of 750 images, accuracy 100.0 %',
      'evaluating 60 %: 30 of 50 images',
    ]);
  });

  it('names the steps of what has several', () => {
    const step = (name: string, done: number): RunEvent => ({
      ...{type: 'progress', activity: 'decode', step: name, done, total: 10, unit: 'images'},
    });
    const lines = shown([step('reading', 1), step('reading', 9), step('reading', 10), step('decoding', 1), step('decoding', 6)], {
      secondsBetween: 10,
    });
    expect(lines.map(line => line.split(',')[0])).to.deep.equal([
      'reading    90 %: 9 of 10 images',
      'reading    100 %: 10 of 10 images',
      'decoding   60 %: 6 of 10 images',
    ]);
  });

  it('aligns the lines of epochs', () => {
    expect(shown([epoch(0, 5, true), epoch(1, 10, true), epoch(2, 10, false)])).to.deep.equal([
      '      1/3  loss 0.5000  validation 0.2500  accuracy  50.0 %  best  50 ms',
      '      2/3  loss 0.5000  validation 0.2500  accuracy 100.0 %  best  50 ms',
      '      3/3  loss 0.5000  validation 0.2500  accuracy 100.0 %        50 ms',
      '           kept: epoch 2 of probe, accuracy 100.0 %',
    ]);
  });

  it('tells the balanced accuracy of epochs where the best is chosen by it', () => {
    const recipe = resolveLayers([{source: 'flag', values: {balance: 'loss'}}], FACTS);
    const both = (number: number, best: boolean): RunEvent =>
      ({...epoch(number, 5, best), metrics: {...metrics(5), balancedAccuracy: 0.75}}) as RunEvent;
    expect(shown([{type: 'recipe', ...recipe}, both(0, true), both(2, false)])).to.deep.equal([
      '      1/3  loss 0.5000  validation 0.2500  balanced  75.0 %  best  50 ms',
      '      3/3  loss 0.5000  validation 0.2500  balanced  75.0 %        50 ms',
      '           kept: epoch 1 of probe, balanced 75.0 %',
    ]);
  });

  it('leaves out epochs that pass faster than they could be read, unless verbose', () => {
    const events = [epoch(0, 5, true), epoch(1, 6, true), epoch(2, 7, true)];
    expect(shown(events, {secondsBetween: 0.01}).map(line => line.trim().slice(0, 3))).to.deep.equal(['1/3', '3/3']);
    expect(shown(events, {secondsBetween: 0.01, verbose: true})).to.have.length(3);
  });

  it('says notices, and checkpoints when verbose', () => {
    const events: RunEvent[] = [
      {type: 'notice', message: 'Something to know.'},
      {type: 'checkpoint', directory: 'runs/a/checkpoints/last'},
    ];
    expect(shown(events)).to.deep.equal(['notice     Something to know.']);
    expect(shown(events, {verbose: true})).to.deep.equal(['notice     Something to know.', 'checkpoint runs/a/checkpoints/last']);
  });
});
