import {appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {confusionImage} from '../../../src/finetune/tracking/confusion-image.js';
import {MetricsLog} from '../../../src/finetune/tracking/metrics-log.js';
import {TensorboardTracker} from '../../../src/finetune/tracking/tensorboard-tracker.js';
import {trackedImages} from '../../../src/finetune/tracking/tracked-images.js';
import {readEvents, type ReadEvent} from '../../helpers/event-file.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {epochRow, epochRows, someMetrics} from '../../helpers/tracked-run.js';

const ROWS = epochRows(4);
const f32 = Math.fround;

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

  async function record(count: number): Promise<TensorboardTracker> {
    const file = tracker();
    await file.begin([]);
    ROWS.slice(0, count).forEach((row, i) => file.epoch(row, i + 1));
    return file;
  }

  it('has the version, and every epoch as soon as it has ended', async () => {
    const file = tracker();
    await file.begin([]);
    expect(readdirSync(directory)).to.deep.equal(['events.out.tfevents.1700000000.finetune']);
    expect(events()).to.deep.equal([
      {wallTime: 1_700_000_001, step: 0, version: 'brain.Event:2', scalars: {}, images: {}},
    ]);
    file.epoch(ROWS[1]!, 300);
    expect(events()[1]).to.deep.equal({
      wallTime: 1_700_000_001.5,
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
      images: {},
    });
  });

  it('has neither learning rate nor gradient norm nor training accuracy of a solved head', async () => {
    const file = tracker();
    await file.begin([]);
    const {gradientNorm: _norm, ...row} = epochRow(1);
    file.epoch({...row, learningRate: null, trainingAccuracy: null}, 1);
    expect(Object.keys(events()[1]!.scalars)).to.deep.equal([
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
    expect(events()[1]!.scalars).not.to.have.property('gradient-norm');
  });

  it('ends with the results and the images', async () => {
    const metrics = someMetrics();
    const file = await record(2);
    const thumbnail = `data:image/jpeg;base64,${Buffer.from('jpeg').toString('base64')}`;
    const shown = {name: 'a', truth: 'bees', prediction: 'ants', confidence: 0.6};
    const images = await trackedImages(metrics, [{...shown, thumbnail}, shown]);
    await file.finish({metrics: {validation: metrics, test: metrics}, images}, 2);
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
    await resumed.begin(ROWS.slice(0, 2));
    expect(events()).to.deep.equal(before.slice(0, 3));
    resumed.epoch(ROWS[2]!, 3);
    expect(steps()).to.deep.equal([0, 1, 2, 3]);
    expect(readdirSync(directory)).to.have.length(1);
  });

  it('of a resumed run drops the results of an export that failed', async () => {
    const file = await record(2);
    const results = {metrics: {validation: someMetrics()}, images: []};
    await file.finish(results, 2);
    const resumed = tracker();
    await resumed.begin(ROWS.slice(0, 2));
    await resumed.finish(results, 2);
    expect(events().filter(({scalars}) => 'best/accuracy' in scalars)).to.have.length(1);
    expect(steps()).to.deep.equal([0, 1, 2, 2]);
  });

  it('is repaired where it was cut, and written again where it is lost', async () => {
    await record(3);
    truncateSync(path(), readFileSync(path()).length - 5);
    await tracker().begin(ROWS.slice(0, 3));
    expect(steps()).to.deep.equal([0, 1, 2, 3]);
    writeFileSync(path(), 'no event file');
    await tracker().begin(ROWS.slice(0, 3));
    expect(steps()).to.deep.equal([0, 1, 2, 3]);
    expect(events()[3]!.scalars['train/loss']).to.equal(f32(1 / 3));
    const elsewhere = temporaryDirectory();
    await new TensorboardTracker(elsewhere).begin(ROWS);
    const [name] = readdirSync(elsewhere);
    expect(readEvents(readFileSync(join(elsewhere, name!)))).to.have.length(5);
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
