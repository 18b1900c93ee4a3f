import {appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {confusionImage} from '../../../src/finetune/tracking/confusion-image.js';
import {MetricsLog} from '../../../src/finetune/tracking/metrics-log.js';
import {TensorboardTracker} from '../../../src/finetune/tracking/tensorboard-tracker.js';
import {trackedImages} from '../../../src/finetune/tracking/tracked-images.js';
import type {ImageMaker} from '../../../src/finetune/tracking/tracker.js';
import {readEvents, type ReadEvent} from '../../helpers/event-file.js';
import {runPythonOrSkip} from '../../helpers/python.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {epochRow, epochRows, noImages, someMetrics} from '../../helpers/tracked-run.js';

const ROWS = epochRows(4);
const f32 = Math.fround;

/** Prints what the loader behind TensorBoard's server, which brings old kinds of values into its own form, reads in a directory. */
const READ_BY_TENSORBOARD = `
import json, sys
from tensorboard.backend.event_processing import plugin_event_multiplexer
from tensorboard.util import tensor_util

multiplexer = plugin_event_multiplexer.EventMultiplexer({'run': sys.argv[1]})
multiplexer.Reload()
values = lambda tag: [tensor_util.make_ndarray(event.tensor_proto) for event in multiplexer.Tensors('run', tag)]
of = lambda plugin: sorted(multiplexer.PluginRunToTagToContent(plugin)['run'])
images = {tag: [text.decode() for text in values(tag)[0]] for tag in of('images')}
print(json.dumps({
    'images': images,
    'losses': [float(value) for value in values('train/loss')],
    'histograms': {tag: values(tag)[0].tolist() for tag in of('histograms')},
}))
`;

describe('the event file of a run', () => {
  let directory = '';
  let now = 0;
  beforeEach(() => {
    directory = temporaryDirectory();
    now = 1_700_000_000_000;
  });
  const tracker = (): TensorboardTracker => new TensorboardTracker(directory, () => (now += 500));
  const path = (): string => join(directory, readdirSync(directory)[0]!);
  const events = (): ReadEvent[] => readEvents(readFileSync(path()));
  const steps = (): number[] => events().map(({step}) => step);
  const bytes = Buffer.from('jpeg');
  const samples: ImageMaker = async () => [
    {tag: 'train-images/01 ants', image: {bytes, width: 32, height: 16}},
  ];

  async function record(count: number): Promise<TensorboardTracker> {
    const file = tracker();
    await file.begin([], samples);
    ROWS.slice(0, count).forEach((row, i) => file.epoch(row, i + 1));
    return file;
  }

  it('has the version, and every epoch as soon as it has ended', async () => {
    const file = tracker();
    await file.begin([], samples);
    expect(readdirSync(directory)).to.deep.equal(['events.out.tfevents.1700000000.finetune']);
    const nothing = {scalars: {}, images: {}, histograms: {}};
    expect(events()).to.deep.equal([
      {wallTime: 1_700_000_001, step: 0, version: 'brain.Event:2', ...nothing},
      {
        ...{wallTime: 1_700_000_001.5, step: 0, ...nothing},
        images: {'train-images/01 ants': {bytes, width: 32, height: 16}},
      },
    ]);
    file.epoch(ROWS[1]!, 300);
    expect(events()[2]).to.deep.equal({
      ...nothing,
      wallTime: 1_700_000_002,
      step: 300,
      scalars: {
        'train/loss': f32(0.5),
        'train/accuracy': f32(0.75),
        'validation/loss': f32(1),
        'validation/accuracy': f32(0.875),
        'validation/balanced-accuracy': f32(0.85),
        'learning-rate': f32(0.0015),
        'gradient-norm': 2,
        seconds: f32(2.5),
      },
    });
  });

  it('has neither learning rate nor gradient norm nor training accuracy of a solved head', async () => {
    const file = tracker();
    await file.begin([], samples);
    const {gradientNorm: _norm, ...row} = epochRow(1);
    file.epoch({...row, learningRate: null, trainingAccuracy: null}, 1);
    expect(Object.keys(events()[2]!.scalars)).to.deep.equal([
      'train/loss',
      'validation/loss',
      'validation/accuracy',
      'validation/balanced-accuracy',
      'seconds',
    ]);
  });

  it('leaves out what is no finite number', async () => {
    const file = await record(0);
    file.epoch(epochRow(1, {gradientNorm: Infinity}), 1);
    expect(events()[2]!.scalars).not.to.have.property('gradient-norm');
  });

  it('has histograms of the gradient norms of the groups that were trained', async () => {
    const file = await record(0);
    file.epoch(ROWS[0]!, 1, {stage4: [0.5, 1, 3.5, Infinity], head: [2, 2]});
    const {histograms} = events()[2]!;
    expect(Object.keys(histograms)).to.deep.equal(['gradient-norm/stage4', 'gradient-norm/head']);
    const {moments, limits, counts} = histograms['gradient-norm/stage4']!;
    expect(moments).to.deep.equal([0.5, 3.5, 3, 5, 13.5]);
    expect([limits.length, limits[0], limits[29]]).to.deep.equal([30, 0.6, 3.5]);
    expect(counts.flatMap((count, i) => (count === 0 ? [] : [[i, count]]))).to.deep.equal([
      [0, 1],
      [5, 1],
      [29, 1],
    ]);
    expect(histograms['gradient-norm/head']).to.deep.equal({
      moments: [2, 2, 2, 4, 8],
      limits: [2],
      counts: [2],
    });
  });

  it('has no histogram without a finite norm', async () => {
    const file = await record(0);
    file.epoch(ROWS[0]!, 1, {head: [NaN, Infinity], stem: []});
    expect(events()[2]!.histograms).to.deep.equal({});
  });

  it('makes training images once, and not again when it is resumed', async () => {
    let made = 0;
    const count: ImageMaker = async () => (made++, []);
    await tracker().begin([], count);
    await tracker().begin([], count);
    expect(made).to.equal(1);
  });

  it('is read by TensorBoard: scalars, histograms and images', async function () {
    this.timeout(60_000);
    const file = await record(2);
    file.epoch(ROWS[2]!, 3, {stage4: [0.5, 1, 3.5], head: [2, 2]});
    await file.finish({metrics: {validation: someMetrics()}, images: noImages}, 3);
    const read = runPythonOrSkip(this, 'tensorboard', READ_BY_TENSORBOARD, [directory]);
    const [low, high] = [0.5, 3.5];
    expect(read).to.deep.equal({
      images: {'train-images/01 ants': ['32', '16', 'jpeg']},
      losses: [1, 0.5, 1 / 3].map(f32),
      histograms: {
        'gradient-norm/head': [[2, 2, 2]],
        'gradient-norm/stage4': Array.from({length: 30}, (_, i) => [
          f32(low + (i * (high - low)) / 30),
          f32(low + ((i + 1) * (high - low)) / 30),
          [0, 5, 29].includes(i) ? 1 : 0,
        ]),
      },
    });
  });

  it('ends with the results and the images', async () => {
    const metrics = someMetrics();
    const file = await record(2);
    const thumbnail = `data:image/jpeg;base64,${Buffer.from('jpeg').toString('base64')}`;
    const shown = {name: 'a', truth: 'bees', prediction: 'ants', confidence: 0.6};
    const images = await trackedImages(metrics, [{...shown, thumbnail}, shown]);
    await file.finish(
      {metrics: {validation: metrics, test: metrics}, images: async () => images},
      2,
    );
    const {step, scalars, images: found} = events().at(-1)!;
    expect(step).to.equal(2);
    expect(scalars).to.include({'best/accuracy': 0.75, 'test/accuracy': 0.75, 'best/loss': 0.5});
    expect(scalars['best/ece']).to.equal(f32(metrics.ece));
    expect(Object.keys(found)).to.deep.equal([
      'best/confusion-matrix',
      'mistakes/01 bees, predicted ants',
    ]);
    expect(found['mistakes/01 bees, predicted ants']).to.deep.equal({
      width: 160,
      height: 160,
      bytes: Buffer.from('jpeg'),
    });
  });

  it('of a resumed run goes on after the epochs of the checkpoint, without repeating any', async () => {
    await record(4);
    const before = events();
    const resumed = tracker();
    await resumed.begin(ROWS.slice(0, 2), samples);
    expect(events()).to.deep.equal(before.slice(0, 4));
    resumed.epoch(ROWS[2]!, 3);
    expect(steps()).to.deep.equal([0, 0, 1, 2, 3]);
    expect(readdirSync(directory)).to.have.length(1);
  });

  it('of a resumed run drops the results of an export that failed', async () => {
    const file = await record(2);
    const results = {metrics: {validation: someMetrics()}, images: noImages};
    await file.finish(results, 2);
    const resumed = tracker();
    await resumed.begin(ROWS.slice(0, 2), samples);
    await resumed.finish(results, 2);
    expect(events().filter(({scalars}) => 'best/accuracy' in scalars)).to.have.length(1);
    expect(steps()).to.deep.equal([0, 0, 1, 2, 2]);
  });

  it('is repaired where it was cut, and written again where it is lost', async () => {
    await record(3);
    truncateSync(path(), readFileSync(path()).length - 5);
    await tracker().begin(ROWS.slice(0, 3), samples);
    expect(steps()).to.deep.equal([0, 0, 1, 2, 3]);
    writeFileSync(path(), 'no event file');
    await tracker().begin(ROWS.slice(0, 3), samples);
    expect(steps()).to.deep.equal([0, 0, 1, 2, 3]);
    expect(events()[4]!.scalars['train/loss']).to.equal(f32(1 / 3));
    const elsewhere = temporaryDirectory();
    await new TensorboardTracker(elsewhere).begin(ROWS, samples);
    const [name] = readdirSync(elsewhere);
    expect(readEvents(readFileSync(join(elsewhere, name!)))).to.have.length(6);
  });
});

describe('the image of a confusion matrix', () => {
  it('is dark where the share of a row is large, and white where there is none', async () => {
    const {bytes, width, height} = await confusionImage({
      confusionMatrix: [
        [4, 0, 0],
        [1, 1, 0],
        [0, 0, 0],
      ],
    });
    expect([width, height]).to.deep.equal([192, 192]);
    const {data, info} = await sharp(bytes).raw().toBuffer({resolveWithObject: true});
    expect([info.width, info.height, info.channels]).to.deep.equal([192, 192, 3]);
    const at = (row: number, column: number): number[] => {
      const start = 3 * ((64 * row + 32) * 192 + 64 * column + 32);
      return [...data.subarray(start, start + 3)];
    };
    expect([at(0, 0), at(0, 1), at(1, 0), at(2, 2)]).to.deep.equal([
      [8, 48, 107],
      [255, 255, 255],
      [132, 152, 181],
      [255, 255, 255],
    ]);
  });

  it('has a pixel a class at least', async () => {
    const confusionMatrix = Array.from({length: 600}, (_, i) =>
      Array.from({length: 600}, (_each, j) => Number(i === j)),
    );
    expect((await confusionImage({confusionMatrix})).width).to.equal(600);
  });
});

describe('metrics.jsonl', () => {
  let path = '';
  beforeEach(() => void (path = join(temporaryDirectory(), 'metrics.jsonl')));
  const rows = (): unknown[] =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as unknown);

  it('has a line for every epoch as soon as it has ended', async () => {
    const log = new MetricsLog(path);
    await log.begin([]);
    expect(readFileSync(path, 'utf8')).to.equal('');
    log.epoch(ROWS[0]!);
    log.epoch(ROWS[1]!);
    expect(rows()).to.deep.equal(ROWS.slice(0, 2));
  });

  it('of a resumed run goes on after the epochs of the checkpoint', async () => {
    const log = new MetricsLog(path);
    await log.begin([]);
    ROWS.forEach(row => log.epoch(row));
    appendFileSync(path, '{"phase":"pro');
    const resumed = new MetricsLog(path);
    // A later epoch has become the best one since.
    await resumed.begin(ROWS.slice(0, 3).map(row => ({...row, best: false})));
    expect(rows()).to.deep.equal(ROWS.slice(0, 3));
    resumed.epoch(ROWS[3]!);
    expect(rows()).to.deep.equal(ROWS);
  });

  it('is written again where it is lost', async () => {
    await new MetricsLog(path).begin(ROWS);
    expect(rows()).to.deep.equal(ROWS);
  });
});
