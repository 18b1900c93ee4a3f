import {expect} from 'chai';
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {disposeWeights, toHost} from '../../src/backbones/parameters.js';
import {createRandomBackbone} from '../../src/backbones/load-backbone.js';
import {writeSafetensors} from '../../src/backbones/weights/safetensors-writer.js';
import {everySample, loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../src/datasets/sample.js';
import {loadModel} from '../../src/export/load-model.js';
import type {RunEvent} from '../../src/finetune/events.js';
import {finetune} from '../../src/finetune/finetune.js';
import {TrainingDivergedError} from '../../src/training/loop/training-plan.js';
import {useBackend} from '../helpers/backend.js';
import {readEvents} from '../helpers/event-file.js';
import {rejectionOf} from '../helpers/rejection.js';
import {
  alive,
  ALL,
  courseOf,
  phase,
  PROBE,
  runAndTell,
  smallFolder,
  smallRecipe,
} from '../helpers/small-run.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const readJson = (...path: readonly string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>;

/** The course of a run in few words: what happened, each stretch of progress once. */
const outline = (events: readonly RunEvent[]): string[] =>
  events
    .map(event => {
      if (event.type === 'progress') return event.activity;
      if (event.type === 'phase')
        return `phase ${event.phase.name}, ${event.steps} steps, ${event.cached ? 'cached' : 'not cached'}`;
      return event.type === 'epoch'
        ? `epoch ${event.phase} ${event.epoch}/${event.epochs}`
        : event.type;
    })
    .filter((word, i, words) => word !== words[i - 1]);

const fingerprint = (folder: ImageFolder): string => {
  const hash = createHash('sha256');
  for (const {path, name} of everySample(folder)) hash.update(name).update(readFileSync(path));
  return hash.digest('hex');
};

describe('finetune', () => {
  useBackend();

  let folder: ImageFolder;
  before('draw images', async () => void (folder = await smallFolder()));

  let cache: string;
  const {FINETUNE_CACHE: cacheBefore} = process.env;
  beforeEach(
    'use a cache of our own',
    () => void (process.env.FINETUNE_CACHE = cache = temporaryDirectory()),
  );
  afterEach(() => {
    if (cacheBefore === undefined) delete process.env.FINETUNE_CACHE;
    else process.env.FINETUNE_CACHE = cacheBefore;
  });

  it('tells its course in order', async () => {
    const {events} = await runAndTell(folder, smallRecipe(folder));
    expect(outline(events)).to.deep.equal([
      ...['dataset', 'finding', 'weights', 'decode', 'finding', 'split', 'features', 'finding'],
      ...[
        'phase probe, 6 steps, cached',
        'traced',
        'train',
        'traced',
        'evaluate',
        'epoch probe 0/2',
        'train',
        'evaluate',
        'epoch probe 1/2',
      ],
      ...[
        'phase full, 6 steps, not cached',
        'traced',
        'train',
        'traced',
        'evaluate',
        'epoch full 0/2',
        'train',
        'evaluate',
        'epoch full 1/2',
      ],
      'evaluate',
      'calibrated',
    ]);
    const [dataset] = events;
    expect(dataset).to.deep.equal({type: 'dataset', root: folder.root, classes: 3, images: 24});
    expect(events).to.deep.include({type: 'weights', name: 'none', path: null});
    expect(events).to.deep.include({
      ...{type: 'split', train: 18, validation: 6, test: 0},
      perClass: folder.classNames.map(name => ({name, train: 6, validation: 2, test: 0})),
    });
    const features = events.filter(
      event => event.type === 'progress' && event.activity === 'features',
    );
    expect(features).to.deep.equal([
      // The images and two variations of each; then those to validate on.
      ...[18, 36, 54, 60].map(done => ({
        type: 'progress',
        activity: 'features',
        done,
        total: 60,
        unit: 'images',
      })),
    ]);
  });

  it('compares images with each other, in images, unless told to keep only identical files together', async () => {
    const comparing = async (groupBy: string): Promise<number[]> => {
      const {events} = await runAndTell(folder, {...smallRecipe(folder), groupBy});
      return events.flatMap(event =>
        event.type === 'progress' && event.step === 'comparing' ? [event.done, event.total] : [],
      );
    };
    expect(await comparing('exact-duplicates')).to.deep.equal([]);
    expect(
      readdirSync(join(cache, 'images')).filter(name => name.startsWith('duplicates-')),
    ).to.deep.equal([]);
    const counts = await comparing('near-duplicates');
    expect(counts.slice(-2)).to.deep.equal([
      everySample(folder).length,
      everySample(folder).length,
    ]);
  });

  it('gives back the best classifier, its metrics, and what happened', async () => {
    const {result, events} = await runAndTell(folder, smallRecipe(folder));
    const {classifier, metrics, history, split, backend, timings: seconds, recipe} = result;
    expect(classifier.classNames).to.deep.equal(['dotted', 'plain', 'striped']);
    expect(recipe).to.deep.equal(smallRecipe(folder));
    expect([split.train.length, split.validation.length]).to.deep.equal([18, 6]);
    expect(metrics.validation.numImages).to.equal(6);
    expect(backend.backend).to.be.oneOf(['tensorflow', 'wasm']);
    expect(seconds.total).to.be.above(seconds.train);
    expect(history.map(({phase: name, epoch, step}) => `${name} ${epoch} ${step}`)).to.deep.equal([
      'probe 1 3',
      'probe 2 6',
      'full 1 3',
      'full 2 6',
    ]);
    // Peak rates of 3e-3 and 1e-3; one update of warm-up, then a cosine over five.
    const [first, second] = [1, 0.5 * (1 + Math.cos((2 * Math.PI) / 5))];
    [3e-3 * first, 3e-3 * second, 1e-3 * first, 1e-3 * second].forEach((rate, i) =>
      expect(history[i]!.learningRate).to.be.closeTo(rate, 1e-9),
    );
    const epochs = events.filter(event => event.type === 'epoch');
    expect(epochs.map(({trainingLoss}) => trainingLoss)).to.deep.equal(
      history.map(({trainingLoss}) => trainingLoss),
    );
    const best = epochs.filter(epoch => epoch.best).at(-1)!;
    expect(metrics.validation.accuracy).to.equal(best.metrics.accuracy);
    expect(metrics.validation.loss).to.be.closeTo(best.metrics.loss, 1e-5);
    expect(metrics).to.not.have.property('test');
  });

  it('keeps the best weights through a phase that spoils them', async () => {
    const recipe = smallRecipe(folder, {
      phases: [PROBE, phase('spoil', 1, {stage1: 10, head: 10}), phase('settle', 1, {head: 1e-12})],
    });
    const {result, events} = await runAndTell(folder, recipe);
    const epochs = events.filter(event => event.type === 'epoch');
    // Where settling is better at all, it is by the rounding of the last digit.
    const [best, spoilt, settled] = [
      epochs.slice(0, 3).findLast(epoch => epoch.best)!,
      epochs[2]!,
      epochs[3]!,
    ];
    expect(best.phase).to.equal('probe');
    expect(spoilt.metrics.loss).to.be.above(best.metrics.loss + 1);
    // The next phase starts from the best weights, and so does what is given back.
    expect(settled.metrics.loss).to.be.closeTo(best.metrics.loss, 1e-5);
    expect(result.metrics.validation.loss).to.be.closeTo(best.metrics.loss, 1e-5);
    expect(result.metrics.validation.confusionMatrix).to.deep.equal(best.metrics.confusionMatrix);
  });

  it('starts at ln(classes): the first update sees a head that says nothing', async () => {
    const {result} = await runAndTell(
      folder,
      smallRecipe(folder, {phases: [phase('probe', 1, {head: 1e-12})]}),
    );
    expect(result.history[0]!.trainingLoss).to.be.closeTo(Math.log(3), 1e-6);
    expect(result.history[0]!.validationLoss).to.be.closeTo(Math.log(3), 1e-6);
  });

  it('writes nothing but its cache unless told where, and changes no image', async () => {
    const before = [fingerprint(folder), readdirSync('.').join()];
    await runAndTell(folder, smallRecipe(folder, {phases: [PROBE]}));
    expect([fingerprint(folder), readdirSync('.').join()]).to.deep.equal(before);
    expect(readdirSync(cache)).to.deep.equal(['features', 'images']);
  });

  it('leaves a run directory whose files agree with what it gave back', async () => {
    const out = join(temporaryDirectory(), 'run');
    const recipe = smallRecipe(folder, {testSplit: 0.25});
    const settings = {
      options: {data: folder.root},
      sources: {seed: 'default', data: 'flag'},
      command: 'finetune --data drawn',
    };
    const {result, events: runEvents} = await runAndTell(folder, recipe, {out, settings});
    const names = [
      'checkpoints',
      'environment.json',
      'events.out.tfevents',
      'history.csv',
      'label-issues.json',
      'metrics.json',
      'metrics.jsonl',
      'model',
      'predictions.json',
      'recipe.json',
      'report.html',
      'report.json',
      'split.json',
    ];
    const found = readdirSync(out).map(name => name.replace(/tfevents\..*/, 'tfevents'));
    expect(found.sort()).to.deep.equal(names);
    expect(readdirSync(join(out, 'checkpoints')).sort()).to.deep.equal(['best', 'last']);
    expect(result).to.include({run: out, model: join(out, 'model')});
    expect(outline(runEvents).slice(-7)).to.deep.equal([
      'epoch full 1/2',
      'checkpoint',
      'evaluate',
      'calibrated',
      // The test images.
      'evaluate',
      'export',
      'saved',
    ]);

    expect(readJson(out, 'recipe.json')).to.deep.equal({data: folder.root, ...recipe});
    const metrics = readJson(out, 'metrics.json');
    expect(metrics).to.deep.include({
      run: out,
      model: join(out, 'model'),
      arch: 'resnet18',
      weights: 'none',
      metrics: result.metrics,
    });
    expect(metrics.classes).to.deep.equal(folder.classNames);
    expect(result.metrics.test!.numImages).to.equal(6);
    expect(metrics.timings).to.have.all.keys(
      'total',
      'backend',
      'weights',
      'decode',
      'features',
      'train',
      'evaluate',
      'export',
    );
    const [header, ...rows] = readFileSync(join(out, 'history.csv'), 'utf8').trim().split('\r\n');
    expect(header).to.equal(
      'phase,epoch,step,learning_rate,training_loss,training_accuracy,validation_loss,validation_accuracy,validation_balanced_accuracy,best,seconds',
    );
    expect(rows.map(row => Number(row.split(',')[4]))).to.deep.equal(
      result.history.map(({trainingLoss}) => trainingLoss),
    );
    const best = result.history.filter(row => row.best);
    expect(best.map(row => row.validationAccuracy)).to.deep.equal([
      result.metrics.validation.accuracy,
    ]);
    const split = readJson(out, 'split.json');
    expect(
      ['train', 'validation', 'test'].map(part => (split[part] as unknown[]).length),
    ).to.deep.equal([12, 6, 6]);
    expect(readJson(out, 'environment.json')).to.include({
      node: process.version,
      backend: result.backend.backend,
    });
    const events = readEvents(
      readFileSync(
        join(
          out,
          readdirSync(out).find(name => name.startsWith('events.out'))!,
        ),
      ),
    );
    expect(Object.keys(events[1]!.images).map(tag => tag.replace(/ \w+$/, ''))).to.deep.equal(
      Array.from({length: 8}, (_, i) => `train-images/0${i + 1}`),
    );
    const groups = events.map(({histograms}) => Object.keys(histograms).join());
    const [head, stem, stage1] = ['head', 'stem', 'stage1'].map(group => `gradient-norm/${group}`);
    // The frozen groups of a phase have none.
    const all = [stem, stage1, head].join();
    expect(groups).to.deep.equal(['', '', head, head, all, all, '']);
    const {moments} = events[4]!.histograms[stem!]!;
    expect(moments[2], 'updates of an epoch').to.equal(2);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).to.include('striped');
    expect(readFileSync(join(out, 'model', 'labels.txt'), 'utf8')).to.equal(
      'dotted\nplain\nstriped\n',
    );
    expect(readJson(out, 'model', 'finetune.json').metrics as object).to.deep.include({
      validation: result.metrics.validation,
    });
  });

  it('exports an exported model that says what the run measured', async () => {
    const out = join(temporaryDirectory(), 'run');
    const {result} = await runAndTell(folder, smallRecipe(folder), {out});
    const model = await loadModel(result.model!);
    const answers = await Promise.all(
      result.split.validation.map(async ({path}) => (await model.classify(path))[0]!.className),
    );
    model.dispose();
    const right = answers.filter(
      (answer, i) => answer === folder.classNames[result.split.validation[i]!.label],
    ).length;
    expect(right / answers.length).to.equal(result.metrics.validation.accuracy);
  });

  it('mixes images where a recipe says so, the same for the same seed', async () => {
    const mixed = smallRecipe(folder, {
      augment: {preset: 'light', mixing: {mixupAlpha: 0.4, cutmixAlpha: 1}},
      phases: [ALL],
    });
    const [one, again] = [await runAndTell(folder, mixed), await runAndTell(folder, mixed)];
    expect(courseOf(again.result)).to.deep.equal(courseOf(one.result));
    const plain = await runAndTell(folder, smallRecipe(folder, {augment: 'light', phases: [ALL]}));
    expect(courseOf(plain.result)).to.not.deep.equal(courseOf(one.result));
  });

  it('tells that nothing is mixed where features are kept', async () => {
    const {events} = await runAndTell(
      folder,
      smallRecipe(folder, {augment: {mixing: {mixupAlpha: 1}}, phases: [PROBE]}),
    );
    const notices = events.flatMap(event => (event.type === 'info' ? [event.message] : []));
    expect(notices).to.deep.equal([
      'Phase probe uses cached features, so mixup and cutmix are off.',
    ]);
  });

  it('refuses what names tell before it decodes an image', async () => {
    for (const [options, sentence] of [
      [{groupBy: '(zebra)'}, /^--group-by \(zebra\) matches none of the names/],
      [{fold: '3/2'}, /^--fold 3\/2 is not a fold/],
      [{fold: '1/2', splitFile: 'split.json'}, /^--fold 1\/2 and --split-file both/],
    ] as const) {
      const seen: string[] = [];
      const error = await rejectionOf(
        runAndTell(folder, smallRecipe(folder, options), {onEvent: ({type}) => seen.push(type)}),
      );
      expect(error.message).to.match(sentence);
      expect(seen).to.not.include('progress');
    }
  });

  for (const fit of ['squash', 'pad'] as const) {
    it(`fits images by ${fit}, and so does the exported model it leaves`, async () => {
      const out = join(temporaryDirectory(), 'run');
      const {result} = await runAndTell(
        folder,
        smallRecipe(folder, {fit, augment: 'none', phases: [PROBE]}),
        {out},
      );
      const model = await loadModel(result.model!);
      expect(model.preprocessing.fit).to.equal(fit);
      const answers = await Promise.all(
        result.split.validation.map(async ({path}) => (await model.classify(path))[0]!.className),
      );
      model.dispose();
      const right = answers.filter(
        (answer, i) => answer === folder.classNames[result.split.validation[i]!.label],
      ).length;
      expect(right / answers.length).to.equal(result.metrics.validation.accuracy);
    });
  }

  it('is the same for the same seed, to the last bit, and other for another', async () => {
    const [one, other, different] = [
      await runAndTell(folder, smallRecipe(folder)),
      await runAndTell(folder, smallRecipe(folder)),
      await runAndTell(folder, smallRecipe(folder, {seed: 43})),
    ];
    expect(courseOf(one.result)).to.deep.equal(courseOf(other.result));
    expect(courseOf(different.result)).to.not.deep.equal(courseOf(one.result));
  });

  it('decodes with any number of workers to the same numbers', async () => {
    const [one, three] = [
      await runAndTell(folder, smallRecipe(folder), {workers: 1}),
      await runAndTell(folder, smallRecipe(folder), {workers: 3}),
    ];
    expect(courseOf(one.result)).to.deep.equal(courseOf(three.result));
  });

  it('trains on images where memory and disk are short', async () => {
    const {result, events} = await runAndTell(
      folder,
      smallRecipe(folder, {cacheMemory: 1e-6, cacheDisk: 0}),
    );
    expect(outline(events)).to.include.members([
      'phase probe, 6 steps, not cached',
      'phase full, 6 steps, not cached',
    ]);
    expect(outline(events)).to.not.include('features');
    expect(result.history).to.have.length(4);
    expect(
      readdirSync(join(cache, 'images')).filter(name => name.startsWith('pixels-')),
    ).to.deep.equal([]);
    const notices = events.flatMap(event => (event.type === 'info' ? [event.message] : []));
    expect(
      notices.filter(message =>
        /decoded images cannot be kept at .* \(there is no room for it\)/.test(message),
      ),
    ).to.have.length(1);
  });

  it('trains on features out of files where memory is short, to the same numbers', async () => {
    const [inFiles, inMemory] = [
      await runAndTell(folder, smallRecipe(folder, {cacheMemory: 1e-6, phases: [PROBE]})),
      await runAndTell(folder, smallRecipe(folder, {phases: [PROBE]})),
    ];
    expect(outline(inFiles.events)).to.include('phase probe, 6 steps, cached');
    expect(courseOf(inFiles.result)).to.deep.equal(courseOf(inMemory.result));
  });

  it('finds the features that an earlier run has left, and comes to the same numbers', async () => {
    const recipe = smallRecipe(folder, {phases: [PROBE], seed: 7});
    const [first, second] = [await runAndTell(folder, recipe), await runAndTell(folder, recipe)];
    const features = (events: readonly RunEvent[]): object[] =>
      events.flatMap(event =>
        event.type === 'features'
          ? [{images: event.images, rows: event.rows, reused: event.reused}]
          : [],
      );
    const counts = {images: {train: 18, validation: 6}, rows: {train: 54, validation: 6}};
    expect([features(first.events), features(second.events)]).to.deep.equal([
      [{...counts, reused: 'none'}],
      [{...counts, reused: 'all'}],
    ]);
    const bars = first.events.flatMap(event =>
      event.type === 'progress' && event.activity === 'features' ? [event] : [],
    );
    expect(new Set(bars.map(({total}) => total))).to.deep.equal(new Set([60]));
    expect(bars.map(({done}) => done)).to.deep.equal(
      bars.map(({done}) => done).sort((x, y) => x - y),
    );
    expect(bars.at(-1)).to.include({done: 60});
    expect(courseOf(second.result)).to.deep.equal(courseOf(first.result));
  });

  it('runs without variations, and with a head of two layers', async () => {
    const recipe = smallRecipe(folder, {
      augment: 'none',
      views: 0,
      head: 'mlp',
      pooling: 'avg+max',
      phases: [PROBE],
    });
    const {result, events} = await runAndTell(folder, recipe);
    expect(outline(events)).to.include('phase probe, 6 steps, cached');
    expect([...result.classifier.layers.map(({name}) => name)]).to.deep.equal(['fc.0', 'fc.3']);
  });

  it('starts from weights in a file, and leaves what is frozen as it was', async () => {
    const path = join(temporaryDirectory(), 'backbone.safetensors');
    const backbone = createRandomBackbone('resnet18', 1, 9);
    const tensors = toHost(backbone.weights);
    disposeWeights(backbone.weights);
    await writeSafetensors(path, tensors, {});
    const events: RunEvent[] = [];
    const out = join(temporaryDirectory(), 'run');
    const {classifier} = await finetune(
      folder,
      smallRecipe(folder, {weights: path, phases: [PROBE]}),
      {
        out,
        onEvent: event => events.push(event),
      },
    );
    for (const file of ['finetune.json', 'README.md', 'model.json']) {
      const text = readFileSync(join(out, 'model', file), 'utf8');
      expect(text, `${file} tells no folder of this machine`).not.to.include(dirname(path));
    }
    const after = toHost(classifier.weights, name => tensors.has(name));
    classifier.dispose();
    expect(events).to.deep.include({type: 'weights', name: path, path});
    expect(classifier.origin).to.equal(path);
    expect(after).to.deep.equal(tensors);
  });

  it('measures on images that the folder sets apart', async () => {
    const parted = await smallFolder({splits: ['train', 'val', 'test'], perClass: 4});
    const {result} = await runAndTell(parted, smallRecipe(parted, {phases: [PROBE]}));
    const {split, metrics} = result;
    expect([split.train.length, split.validation.length, split.test.length]).to.deep.equal([
      12, 12, 12,
    ]);
    expect([metrics.validation.numImages, metrics.test!.numImages]).to.deep.equal([12, 12]);
  });

  it('goes on without images that are broken, and says so', async () => {
    const own = await smallFolder({perClass: 11});
    writeFileSync(
      join(own.root, 'plain', '0.png'),
      readFileSync(join(own.root, 'plain', '0.png')).subarray(0, 60),
    );
    const spoilt = await loadImageFolder(own.root);
    const {result, events} = await runAndTell(spoilt, smallRecipe(spoilt, {phases: [PROBE]}));
    expect(result.findings.map(({code, files}) => [code, files])).to.deep.include([
      'unreadable-image',
      ['plain/0.png'],
    ]);
    expect(events.filter(event => event.type === 'finding').length).to.equal(
      result.findings.length,
    );
    expect(result.split.train.length + result.split.validation.length).to.equal(32);
  });

  describe('leaves nothing on the device', () => {
    const stopped = async (when: (event: RunEvent) => boolean): Promise<Error> => {
      const stop = new AbortController();
      const onEvent = (event: RunEvent): void => void (when(event) && stop.abort());
      return rejectionOf(runAndTell(folder, smallRecipe(folder), {signal: stop.signal, onEvent}));
    };

    it('when it ends well', async () => {
      const before = alive();
      await runAndTell(folder, smallRecipe(folder), {out: join(temporaryDirectory(), 'run')});
      expect(alive()).to.deep.equal(before);
    });

    it('when it diverges', async () => {
      const before = alive();
      const recipe = smallRecipe(folder, {
        phases: [PROBE, phase('wild', 3, {stage1: 1e38, head: 1e38})],
        clipNorm: 1e38,
      });
      const error = await rejectionOf(runAndTell(folder, recipe));
      expect(error).to.be.instanceOf(TrainingDivergedError);
      expect(error.message).to.match(
        /^The loss of phase "wild" is .* \(learning rates: stage1 1e\+38, head 1e\+38\)\./,
      );
      expect(alive()).to.deep.equal(before);
    });

    it('when the images cannot be used', async () => {
      const before = alive();
      const spoilt = await smallFolder({perClass: 2});
      for (const name of ['0.png', '1.png'])
        writeFileSync(join(spoilt.root, 'plain', name), 'no image');
      const recipe = smallRecipe(spoilt);
      expect(await rejectionOf(runAndTell(spoilt, recipe))).to.include({exitCode: 3});
      expect(alive()).to.deep.equal(before);
    });

    it('when the split is not of these images', async () => {
      const before = alive();
      const error = await rejectionOf(
        runAndTell(folder, smallRecipe(folder, {splitFile: join(cache, 'nowhere.json')})),
      );
      expect(error).to.include({code: 'INVALID_SPLIT_FILE', exitCode: 3});
      expect(alive()).to.deep.equal(before);
    });

    for (const [where, when] of [
      ['while it decodes', event => event.type === 'progress' && event.activity === 'decode'],
      [
        'while it computes features',
        event => event.type === 'progress' && event.activity === 'features',
      ],
      [
        'within an epoch',
        event => event.type === 'progress' && event.activity === 'train' && event.done === 12,
      ],
      ['within an epoch that decodes', event => event.type === 'phase' && event.index === 1],
    ] as readonly (readonly [string, (event: RunEvent) => boolean])[]) {
      it(`when it is stopped ${where}`, async () => {
        const before = alive();
        const error = await stopped(when);
        expect(error).to.include({
          name: 'AbortedError',
          code: 'ABORTED',
          message: 'The run was stopped.',
        });
        expect(alive()).to.deep.equal(before);
      });
    }
  });

  it('keeps to its memory over 500 updates', async () => {
    const recipe = smallRecipe(folder, {phases: [{...ALL, epochs: 100}], batchSize: 4});
    const resident: number[] = [];
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'progress' && event.activity === 'train')
        resident.push(process.memoryUsage.rss());
    };
    await runAndTell(folder, recipe, {onEvent});
    expect(resident).to.have.length(500);
    // The least of a stretch, since garbage comes and goes. One filter left behind by every update would take 147 KB x 350 = 50 MiB.
    const grown = Math.min(...resident.slice(400)) - Math.min(...resident.slice(50, 150));
    expect(grown / 2 ** 20).to.be.below(40);
  }).timeout(120_000);
});
