import {cpSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import promises from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {tf} from '../../../src/backend/tensorflow.js';
import {lastLayerOf} from '../../../src/heads/classifier.js';
import {toInference} from '../../../src/heads/inference-model.js';
import {exportEnsemble} from '../../../src/export/ensemble/export-ensemble.js';
import {exportModel} from '../../../src/export/export-model.js';
import {loadModel} from '../../../src/export/load-model.js';
import {readModelRecord} from '../../../src/export/record/read-model-record.js';
import type {ModelRecord} from '../../../src/export/record/model-record.js';
import {writeUnknownThreshold} from '../../../src/export/record/unknown-threshold.js';
import {fitOpenSet} from '../../../src/training/open-set/open-set.js';
import {toOpenSetRecord} from '../../../src/training/open-set/open-set-record.js';
import {useBackend} from '../../helpers/backend.js';
import {runCaptured, type CommandOutput} from '../../helpers/capture.js';
import {untilCrash} from '../../helpers/crashing-files.js';
import {BACKEND} from '../../helpers/program.js';
import {randomClassifier, randomPixels} from '../../helpers/random-classifier.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const [SIZE, IMAGES] = [32, 25];
const CHOICE = {threshold: -7.5, thresholdRule: 'balanced'} as const;

describe('the threshold of unknown images of an exported model', function () {
  this.timeout(120_000);
  useBackend();

  let root = '';
  let model = '';
  let exported = '';
  before('export a model, and draw images of both kinds', async () => {
    root = temporaryDirectory();
    for (const folder of ['known/ants', 'known/bees', 'others', 'few'])
      mkdirSync(join(root, folder), {recursive: true});
    const write = (path: string, data: Uint8Array): Promise<unknown> =>
      sharp(data, {raw: {width: SIZE, height: SIZE, channels: 3}})
        .png()
        .toFile(join(root, path));
    for (let i = 0; i < IMAGES; i++) {
      const noise = randomPixels(1, SIZE, i);
      await write(`known/${i % 2 === 0 ? 'ants' : 'bees'}/${i}.png`, noise);
      await write(`others/${i}.png`, noise.fill(200 + i));
      if (i < 3) await write(`few/${i}.png`, noise.fill(200 + i));
    }
    const classifier = randomClassifier({
      ...{spec: {lastStage: 1}, size: SIZE, classNames: ['ants', 'bees']},
    });
    const network = toInference(classifier);
    const images = Buffer.concat(Array.from({length: IMAGES}, (_, i) => randomPixels(1, SIZE, i)));
    const scored = tf.tidy(() => {
      const pixels = tf.tensor4d(new Uint8Array(images), [IMAGES, SIZE, SIZE, 3], 'int32');
      const {features, logits} = network.outputs(pixels);
      return {
        features: features.dataSync<'float32'>().slice(),
        probabilities: tf.softmax(logits).dataSync<'float32'>().slice(),
      };
    });
    network.dispose();
    const openSet = {...fitOpenSet(scored, lastLayerOf(classifier))!, threshold: 1000};
    exported = join(root, 'exported');
    await exportModel(classifier, exported, {openSet: toOpenSetRecord(openSet)});
    await exportModel(classifier, join(root, 'blind'));
    classifier.dispose();
  });
  beforeEach(() => {
    model = join(temporaryDirectory(), 'model');
    cpSync(exported, model, {recursive: true});
  });

  const read = (file: string): ModelRecord =>
    JSON.parse(readFileSync(join(model, file), 'utf8')) as ModelRecord;
  const evaluate = (
    directory: string,
    args: readonly string[],
    unknown = 'others',
  ): Promise<CommandOutput> =>
    runCaptured([
      ...['evaluate', directory, '--data', join(root, 'known'), ...BACKEND],
      ...['--unknown', join(root, unknown), ...args],
    ]);

  it('is chosen by evaluate, told before and after, and used from then on', async () => {
    const before = await loadModel(model);
    const other = join(root, 'others/0.png');
    const [known] = await before.recognize([join(root, 'known/ants/0.png')]);
    expect(known!.isUnknown, 'the threshold of the export refuses all').to.equal(true);
    before.dispose();

    const {exitCode, stdout} = await evaluate(model, ['--set-unknown-threshold', 'balanced']);
    expect(exitCode).to.equal(0);
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).to.match(
      /threshold the model's own rejects 100 % of them, and keeps 0 % of the known images/,
    );
    const {threshold} = read('finetune.json').openSet!;
    expect(text).to.include(`changed from 1000.000 to ${threshold.toFixed(3)} in `);
    expect(text).to.match(/expected rejects 100 % of unknown images, and keeps 100 % of/);
    expect(text).to.match(/cross-fitted, each judged by a threshold of other images/);

    const after = await loadModel(model);
    const recognized = await after.recognize([join(root, 'known/ants/0.png'), other]);
    expect(recognized.map(({isUnknown}) => isUnknown)).to.deep.equal([false, true]);
    after.dispose();
  });

  it('keeps 95 % of the known images without a value, and says so as JSON', async () => {
    const {exitCode, stdout} = await evaluate(model, ['--json', '--set-unknown-threshold']);
    expect(exitCode).to.equal(0);
    const {unknown} = JSON.parse(stdout) as {
      unknown: {keptKnown: number; choice: Record<string, number>};
    };
    expect(unknown.keptKnown).to.equal(0);
    expect(unknown.choice).to.include({rule: 0.95, previous: 1000});
    const {threshold, thresholdRule} = read('finetune.json').openSet!;
    expect([threshold, thresholdRule]).to.deep.equal([unknown.choice.threshold, 0.95]);
    const again = JSON.parse((await evaluate(model, ['--json'])).stdout) as typeof JSON & {
      unknown: {keptKnown: number};
    };
    // 1 of 25 images is below.
    expect(again.unknown.keptKnown).to.equal(24 / 25);
    expect(again.unknown).to.not.have.property('choice');
  });

  it('changes both records alike, and nothing else', async () => {
    const [record, metadata] = [read('finetune.json'), read('metadata.json')];
    await writeUnknownThreshold(model, CHOICE);
    const openSet = {...record.openSet, ...CHOICE};
    expect(read('finetune.json')).to.deep.equal({...record, openSet});
    expect(read('metadata.json')).to.deep.equal({...metadata, openSet});
    // The model is whole: its files have the recorded checksums.
    expect((await readModelRecord(model)).contentHash).to.equal(record.contentHash);
  });

  it('is written into a copy for a service, which has no metadata.json', async () => {
    rmSync(join(model, 'metadata.json'));
    await writeUnknownThreshold(model, CHOICE);
    expect(read('finetune.json').openSet).to.include(CHOICE);
  });

  it('is of an ensemble what its models have', async () => {
    await writeUnknownThreshold(model, CHOICE);
    const out = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble([model, exported], out);
    const ensemble = await loadModel(out);
    expect(ensemble.members.map(({record}) => record.openSet!.threshold)).to.deep.equal([
      -7.5, 1000,
    ]);
    ensemble.dispose();
  });

  it('is whole after a crash at any moment', async () => {
    const folder = join(model, '..');
    const count = await untilCrash(folder, Infinity, () => writeUnknownThreshold(model, CHOICE));
    expect(count).to.be.above(2);
    for (let at = 0; at < count; at++) {
      rmSync(model, {recursive: true});
      cpSync(exported, model, {recursive: true});
      await untilCrash(folder, at, () => writeUnknownThreshold(model, CHOICE));
      const {openSet} = await readModelRecord(model);
      expect(openSet!.threshold, `operation ${at}`).to.be.oneOf([1000, -7.5]);
      expect(read('metadata.json').openSet!.threshold).to.be.oneOf([1000, -7.5]);
    }
  });

  it('is taken back from metadata.json where finetune.json cannot be written', async () => {
    const {rename} = promises;
    const files = promises as {rename: typeof rename};
    files.rename = async (from, to) => {
      if (String(to).endsWith('finetune.json')) throw new Error('the disk is full');
      await rename(from, to);
    };
    syncBuiltinESMExports();
    const error = await rejectionOf(writeUnknownThreshold(model, CHOICE)).finally(() => {
      files.rename = rename;
      syncBuiltinESMExports();
    });
    expect(error.message).to.include('the disk is full');
    for (const file of ['finetune.json', 'metadata.json'])
      expect(read(file).openSet!.threshold, file).to.equal(1000);
  });

  it('is refused where a model cannot have it', async () => {
    const flag = '--set-unknown-threshold';
    const sentence = async (...args: Parameters<typeof evaluate>): Promise<string> => {
      const {exitCode, stdout, stderr} = await evaluate(...args);
      expect([exitCode, stdout], stderr).to.deep.equal([2, '']);
      return stderr;
    };
    const ensemble = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble([model, exported], ensemble);
    const members = join(ensemble, 'members');
    expect(await sentence(ensemble, [flag])).to.match(/is an ensemble, which has no threshold/);
    expect(await sentence(join(members, readdirSync(members)[0]!), [flag])).to.match(
      /belongs to the ensemble in/,
    );
    expect(await sentence(model, [exported, flag])).to.match(/changes one model, and 2 are given/);
    expect(await sentence(model, [flag, '--tta', 'flip'])).to.match(/--tta flip averages several/);
    expect(await sentence(model, [flag, '0.3'])).to.match(/--set-unknown-threshold.*0\.5/s);
    expect(await sentence(model, [flag, 'best'])).to.match(
      /"--set-unknown-threshold" cannot be "best"\. Use 0\.95 or balanced, or the like\./,
    );
    expect(await sentence(join(root, 'blind'), [flag])).to.match(/cannot tell unknown images/);
    expect(await sentence(model, [flag, 'balanced'], 'few')).to.match(
      /cannot be chosen on 3 unknown images\. Give at least 20\./,
    );
    const without = await runCaptured([
      ...['evaluate', model, '--data', join(root, 'known'), ...BACKEND, flag],
    ]);
    expect(without.stderr).to.match(/Add --unknown DIR/);
    expect(read('finetune.json').openSet!.threshold).to.equal(1000);
  });

  it('is refused by the library likewise', async () => {
    const error = await rejectionOf(writeUnknownThreshold(join(root, 'blind'), CHOICE));
    expect(error.message).to.match(/cannot tell unknown images/);
  });
});
