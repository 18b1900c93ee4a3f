import {expect} from 'chai';
import {ConsoleView} from '../../../src/cli/terminal/console-view.js';
import type {Finding} from '../../../src/core/finding.js';
import type {RunEvent, RunEventOf} from '../../../src/finetune/events.js';
import {mergeRecipe} from '../../../src/finetune/recipe/resolve-recipe.js';
import {RunningMetrics} from '../../../src/training/metrics/metrics.js';
import {capture, type CaptureOptions} from '../../helpers/capture.js';

const FACTS = {
  images: 244,
  classes: 2,
  smallestClass: 120,
  largestClass: 124,
  pretrained: true,
  gpu: false,
};
const resolved = mergeRecipe(
  [{source: 'flag', values: {freeze: 'probe-then-last-stage', lastStage: 3, epochs: 3, lr: 1e-4}}],
  FACTS,
);

const metrics = (correct: number, of = 10) => {
  const running = new RunningMetrics(['ants', 'bees']);
  const rows = Array.from({length: of}, (_, i) => (i < correct ? [0.9, 0.1] : [0.1, 0.9])).flat();
  running.add(Float32Array.from(rows), new Int32Array(of), 0.25 * of);
  return running.metrics();
};

const epoch = (number: number, correct: number, best: boolean): RunEvent => ({
  ...{
    type: 'epoch',
    phase: 'probe',
    number: number + 1,
    epoch: number,
    epochs: 3,
    trainingLoss: 0.5,
  },
  ...{
    trainingAccuracy: 0.625,
    metrics: metrics(correct),
    best,
    learningRate: 0.003 / (number + 1),
    seconds: 0.05,
  },
});

const split = (
  train: number,
  validation: number,
  perClass: RunEventOf<'split'>['perClass'] = [],
): RunEvent => ({type: 'split', train, validation, test: 0, perClass});

const finding = (code: string, severity: Finding['severity'], message: string): RunEvent => ({
  type: 'finding',
  finding: {code, severity, message, files: []},
});

interface ShownOptions extends CaptureOptions {
  readonly verbose?: boolean;
  readonly data?: string;
  readonly secondsBetween?: number;
}

function shown(
  events: readonly RunEvent[],
  {verbose = false, data, secondsBetween = 2, ...options}: ShownOptions = {},
): string[] {
  const said = capture({environment: {NO_COLOR: '1'}, ...options});
  let now = 0;
  const view = new ConsoleView(said.terminal, {
    verbose,
    ...(data !== undefined && {data}),
    clock: () => (now += secondsBetween),
  });
  events.forEach(view.listen);
  view.close();
  return said.stderr.split('\n').slice(0, -1);
}

describe('what a person sees of a run', () => {
  it('tells dataset, weights, split, findings and recipe in this order, whenever findings come', () => {
    const lines = shown([
      {type: 'recipe', ...resolved},
      finding('not-an-image', 'note', 'Skipped 1 file.'),
      {type: 'dataset', root: '/pets', classes: 2, images: 305},
      {type: 'weights', name: 'resnet50.imagenet1k-v1', path: '/cache/resnet50.pth'},
      finding('unreadable-image', 'warning', 'a.jpg cannot be read.'),
      split(244, 61),
    ]);
    expect(lines.slice(0, 6)).to.deep.equal([
      'dataset    /pets: 305 images in 2 classes',
      'weights    resnet50.imagenet1k-v1, from /cache/resnet50.pth',
      'split      244 to train, 61 to validate',
      'warning    a.jpg cannot be read.',
      'note       Skipped 1 file.',
      'recipe     resnet50 up to stage 3, linear head, adamw, batches of 32, standard augmentation, seed 42',
    ]);
  });

  it('tells the images of each class after the split on a terminal, but not in a log file', () => {
    const perClass = [
      {name: 'ants', train: 123, validation: 70, test: 0},
      {name: 'bees', train: 122, validation: 83, test: 0},
    ];
    const event = split(245, 153, perClass);
    expect(shown([event], {isTTY: true, columns: 80})).to.deep.equal([
      'split      245 to train, 153 to validate',
      'classes    class  train  validation',
      `           ants     123          70  ${'█'.repeat(24)}`,
      `           bees     122          83  ${'█'.repeat(23)}▊`,
    ]);
    const [, heading] = shown([{...event, test: 9} as RunEvent], {isTTY: true, columns: 80});
    expect(heading).to.equal('classes    class  train  validation  test');
    expect(shown([event])).to.deep.equal(['split      245 to train, 153 to validate']);
    for (const columns of [40, 60])
      for (const line of shown([event], {isTTY: true, columns}))
        expect(line.length).to.be.at.most(columns);
  });

  it('tells the list that was given instead of its folder', () => {
    const dataset: RunEvent = {type: 'dataset', root: '/home/ann', classes: 2, images: 305};
    expect(shown([dataset], {data: 'list.csv'})).to.deep.equal([
      'dataset    list.csv: 305 images in 2 classes',
    ]);
  });

  it('tells the reasons of what was recommended', () => {
    const text = shown([{type: 'recipe', ...resolved}, split(244, 61)]).join(' ');
    for (const reason of resolved.reasons) expect(text.replace(/\s+/g, ' ')).to.include(reason);
    expect(resolved.reasons).not.to.be.empty;
  });

  it('tells three findings of a kind and counts the rest; all of them when verbose', () => {
    const many = Array.from({length: 7}, (_, i) =>
      finding('unreadable-image', 'warning', `${i}.jpg cannot be read.`),
    );
    expect(shown(many)).to.deep.equal([
      ...[0, 1, 2].map(i => `warning    ${i}.jpg cannot be read.`),
      '           and 4 more of this kind',
    ]);
    expect(shown(many, {verbose: true})).to.have.length(7);
  });

  it('tells of every phase what it trains, what is frozen, and what batch norm does', () => {
    const [probe, top] = resolved.recipe.phases;
    const lines = shown([
      {type: 'recipe', ...resolved},
      {type: 'phase', index: 0, phase: probe!, steps: probe!.epochs * 8, cached: true},
      {type: 'phase', index: 1, phase: top!, steps: 24, cached: false},
    ]);
    const text = lines.join('\n').replace(/\n +/g, ' ');
    expect(text).to.include(
      `phase 1/2  probe: ${probe!.epochs} epochs of 8 updates on cached features trains head at 0.003`,
    );
    expect(text).to.match(/frozen: stem and stage1 to stage3(\n|$)/);
    expect(text).to.include('phase 2/2  last-stage: 3 epochs of 8 updates');
    expect(text).to.include('trains stage3 and head at 0.0001; frozen: stem, stage1 and stage2; ');
    expect(text).to.include('batch norm keeps its stored statistics');
  });

  it('shows a phase as one bar: its epochs, validation included', () => {
    const [probe] = resolved.recipe.phases;
    const progress = (
      activity: 'train' | 'evaluate',
      number: number,
      done: number,
      total: number,
    ): RunEvent => ({
      ...{type: 'progress', activity, done, total, unit: 'images', epoch: number},
    });
    const lines = shown(
      [
        split(200, 50),
        {type: 'phase', index: 0, phase: {...probe!, epochs: 3}, steps: 30, cached: false},
        ...[
          progress('train', 0, 100, 200),
          progress('train', 0, 200, 200),
          progress('evaluate', 0, 50, 50),
        ],
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
    const lines = shown(
      [
        step('reading', 1),
        step('reading', 9),
        step('reading', 10),
        step('decoding', 1),
        step('decoding', 6),
      ],
      {
        secondsBetween: 10,
      },
    );
    expect(lines.map(line => line.split(',')[0])).to.deep.equal([
      'reading    90 %: 9 of 10 images',
      'reading    100 %: 10 of 10 images',
      'decoding   60 %: 6 of 10 images',
    ]);
  });

  it('tells epochs as one table with a header, in columns that do not move', () => {
    const [probe, top] = resolved.recipe.phases;
    const steep = {...epoch(2, 10, false), trainingLoss: 1210.25} as RunEvent;
    const lines = shown([
      {type: 'phase', index: 0, phase: probe!, steps: 3, cached: false},
      ...[epoch(0, 5, true), epoch(1, 10, true), steep],
      {type: 'phase', index: 1, phase: top!, steps: 3, cached: false},
      epoch(0, 5, false),
    ]);
    expect(lines).to.deep.equal([
      'phase      probe',
      '    epoch  train loss  val loss  val accuracy  learning rate        time',
      '      1/3      0.5000    0.2500        50.0 %       0.003000       50 ms  best',
      '      2/3      0.5000    0.2500       100.0 %       0.001500       50 ms  best',
      '      3/3   1210.2500    0.2500       100.0 %       0.001000       50 ms',
      'kept       epoch 2 of probe, accuracy 100.0 %',
      'phase      last-stage',
      '      1/3      0.5000    0.2500        50.0 %       0.003000       50 ms',
    ]);
    lines.forEach(line => expect(line.length).to.be.at.most(80));
  });

  it('leaves columns of the table out on a narrow terminal, the learning rate first', () => {
    const rows = (columns: number): string[] => {
      const lines = shown([epoch(0, 5, true), epoch(2, 5, false)], {isTTY: true, columns});
      for (const line of lines) expect(line.length).to.be.at.most(columns);
      return lines.slice(0, 2);
    };
    expect(rows(78)[0]).to.include('learning rate        time');
    expect(rows(77)).to.deep.equal([
      '    epoch  train loss  val loss  val accuracy        time',
      '      1/3      0.5000    0.2500        50.0 %       50 ms  best',
    ]);
    expect(rows(60)[1]).to.equal('      1/3      0.5000    0.2500        50.0 %  best');
    expect(rows(45)[1]).to.equal('      1/3    0.2500        50.0 %  best');
  });

  it('tells the balanced accuracy of epochs where the best is chosen by it', () => {
    const recipe = mergeRecipe([{source: 'flag', values: {classBalance: 'weighted-loss'}}], FACTS);
    const both = (number: number, best: boolean): RunEvent =>
      ({...epoch(number, 5, best), metrics: {...metrics(5), balancedAccuracy: 0.75}}) as RunEvent;
    expect(shown([{type: 'recipe', ...recipe}, both(0, true), both(2, false)])).to.deep.equal([
      '    epoch  train loss  val loss  val balanced  learning rate        time',
      '      1/3      0.5000    0.2500        75.0 %       0.003000       50 ms  best',
      '      3/3      0.5000    0.2500        75.0 %       0.001000       50 ms',
      'kept       epoch 1 of probe, balanced accuracy 75.0 %',
    ]);
  });

  /** Rows of the table as their epoch and mark. */
  const numbers = (lines: readonly string[]): string[] =>
    lines
      .slice(1)
      .map(line =>
        line.replace(/^ +(\d+\/\d+) .*?(?: {2}(best))?$/, (_row, place: string, mark = '') =>
          `${place} ${mark}`.trim(),
        ),
      );

  it('leaves out epochs that pass faster than they could be read, but never the one that is kept', () => {
    const quick = (...best: readonly boolean[]): RunEvent[] =>
      best.map((isBest, i) => ({...epoch(i, 5, isBest), epochs: best.length}) as RunEvent);
    const seen = (...best: readonly boolean[]): string[] =>
      numbers(shown(quick(...best), {secondsBetween: 0.01}));
    expect(seen(true, true, true)).to.deep.equal(['1/3 best', '3/3 best']);
    expect(seen(true, true, false, true, false, false)).to.deep.equal([
      '1/6 best',
      '4/6 best',
      '6/6',
      'curve      ██████  accuracy by epoch, 50.0 % to 50.0 %',
      'kept       epoch 4 of probe, accuracy 50.0 %',
    ]);
    expect(seen(true, false, false)).to.deep.equal([
      '1/3 best',
      '3/3',
      'kept       epoch 1 of probe, accuracy 50.0 %',
    ]);
    expect(
      numbers(shown(quick(true, true, true), {secondsBetween: 0.01, verbose: true})),
    ).to.have.length(3);
  });

  it('explains how many views go through the frozen layers, under one bar, and keeps the line', () => {
    const features = (reused: 'none' | 'some' | 'all'): RunEvent => ({
      ...{
        type: 'features',
        images: {train: 245, validation: 153},
        rows: {train: 735, validation: 153},
        reused,
        seconds: 48,
      },
    });
    expect(shown([features('none'), features('some'), features('all')])).to.deep.equal([
      'features   735 views (245 images x 3) and 153 validation images through the frozen layers, 48 s',
      'features   735 views (245 images x 3) and 153 validation images through the frozen layers, 48 s; the others were cached',
      'features   reusing cached features: 735 views (245 images x 3) and 153 validation images',
    ]);
  });

  it('cuts a long path in its middle on a terminal, and nowhere else', () => {
    const dataset: RunEvent = {
      type: 'dataset',
      root: `/home/${'long/'.repeat(20)}pets`,
      classes: 2,
      images: 305,
    };
    const [line] = shown([dataset], {isTTY: true, columns: 80});
    expect(line)
      .to.have.length.at.most(80)
      .and.to.match(/^dataset {4}\/home\/long.*….*\/pets: 305 images in 2 classes$/);
    expect(shown([dataset])[0]).to.include(`/home/${'long/'.repeat(20)}pets`);
  });

  it('says notices, and checkpoints when verbose', () => {
    const events: RunEvent[] = [
      {type: 'info', message: 'Something to know.'},
      {type: 'checkpoint', directory: 'runs/a/checkpoints/last'},
    ];
    expect(shown(events)).to.deep.equal(['info       Something to know.']);
    expect(shown(events, {verbose: true})).to.deep.equal([
      'info       Something to know.',
      'checkpoint runs/a/checkpoints/last',
    ]);
  });
});
