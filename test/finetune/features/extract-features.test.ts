import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse} from 'csv-parse/sync';
import {expect} from 'chai';
import {features} from '../../../src/backbones/features.js';
import {tf, type Tensor4D} from '../../../src/backend/tensorflow.js';
import {loadImageFolder} from '../../../src/datasets/discovery/image-folder.js';
import {readSquare} from '../../../src/datasets/images/read-square.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import {exportModel} from '../../../src/export/export-model.js';
import type {RunEvent} from '../../../src/finetune/events.js';
import {
  extractFeatures,
  type ExtractedFeatures,
} from '../../../src/finetune/features/extract-features.js';
import type {NetworkSource} from '../../../src/finetune/features/network-source.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {useBackend} from '../../helpers/backend.js';
import {drawnFolder} from '../../helpers/drawn-folder.js';
import {randomClassifier} from '../../helpers/random-classifier.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

/** The values of a NumPy file of float32. */
function readNpy(path: string): Float32Array {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(new Uint8Array(bytes.subarray(start)).buffer);
}

const readNames = (path: string): string[][] =>
  (parse(readFileSync(path, 'utf8')) as string[][]).slice(1);

const RANDOM: NetworkSource = {
  ...{arch: 'resnet18', weights: 'none', lastStage: 1, seed: 3},
  ...{imageSize: 32, fit: 'crop'},
};

describe('extractFeatures', function () {
  this.timeout(120_000);
  useBackend();

  let folder: ImageFolder;
  let classifier: Classifier;
  let model = '';
  before(async () => {
    const root = await drawnFolder({perClass: 3});
    writeFileSync(
      join(root, 'plain', 'cut.png'),
      readFileSync(join(root, 'plain', '0.png')).subarray(0, 60),
    );
    folder = await loadImageFolder(root);
    classifier = randomClassifier({
      ...{spec: {lastStage: 2}, size: 32, head: {pooling: 'avg+max'}},
      classNames: folder.classNames,
    });
    model = join(temporaryDirectory(), 'model');
    await exportModel(classifier, model);
  });
  after(() => classifier.dispose());

  const out = (): string => join(temporaryDirectory(), 'features.npy');
  const extract = (source: NetworkSource, path = out()): Promise<ExtractedFeatures> =>
    extractFeatures(folder, source, path);

  it('writes what the pooling of an exported model returns, in the order of the names', async () => {
    const {files, width, images, network} = await extract({model});
    expect(width).to.equal(256);
    expect(images).to.deep.equal({found: 10, written: 9});
    expect(network.head.pooling).to.equal('avg+max');
    const names = readNames(files[1]!);
    expect(names.map(([name]) => name)).to.deep.equal(names.map(([name]) => name).toSorted());
    expect(names[0]).to.deep.equal(['dotted/0.png', 'dotted']);
    const values = readNpy(files[0]!);
    expect(values).to.have.lengthOf(9 * 256);
    for (const [row, [name]] of names.entries()) {
      const pixels = await readSquare(join(folder.root, name!), classifier.preprocessing);
      const expected = tf.tidy(() => {
        const image = tf.tensor4d(pixels, [1, 32, 32, 3], 'int32');
        const {c3} = features(classifier, image, ['c3']);
        const pooled = [tf.mean(c3, [1, 2]), tf.max<Tensor4D>(c3, [1, 2])];
        return tf.concat(pooled, 1).dataSync().slice();
      });
      const found = values.subarray(row * 256, (row + 1) * 256);
      expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).to.be.below(
        1e-4,
      );
    }
  });

  it('names the files that it skips', async () => {
    const {findings} = await extract(RANDOM);
    const skipped = findings.filter(({code}) => code === 'unreadable-image');
    expect(skipped.map(({files}) => files)).to.deep.equal([['plain/cut.png']]);
  });

  it('takes features that an earlier call has cached', async () => {
    const counts: number[] = [];
    const path = out();
    const source = {...RANDOM, seed: 4};
    const first = await extract(source);
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'progress' && event.activity === 'features') counts.push(event.done);
    };
    const second = await extractFeatures(folder, source, path, {onEvent});
    expect(counts).to.deep.equal([9]);
    expect(readFileSync(second.files[0]!)).to.deep.equal(readFileSync(first.files[0]!));
  });

  it('computes the same without room for a cache', async () => {
    const cached = await extract({...RANDOM, seed: 5});
    const limits = {cacheMemory: 1e-9, cacheDisk: 0};
    const uncached = await extractFeatures(folder, {...RANDOM, seed: 6}, out(), limits);
    const again = await extract({...RANDOM, seed: 6});
    const [a, b, c] = [cached, uncached, again].map(({files}) => readNpy(files[0]!));
    expect(Math.max(...b!.map((value, i) => Math.abs(value - c![i]!)))).to.be.below(1e-5);
    expect(Math.max(...b!.map((value, i) => Math.abs(value - a![i]!)))).to.be.greaterThan(1e-3);
  });

  it('leaves nothing on the device, whether it works or not', async () => {
    await extract(RANDOM);
    const before = alive();
    await extract(RANDOM);
    expect(alive()).to.deep.equal(before);
    const path = out();
    const signal = AbortSignal.abort();
    const source = {...RANDOM, seed: 7};
    expect(await rejectionOf(extractFeatures(folder, source, path, {signal}))).to.include({
      code: 'ABORTED',
    });
    expect(alive()).to.deep.equal(before);
    expect(readdirSync(join(path, '..'))).to.deep.equal([]);
  });

  it('refuses files that exist, before any work', async () => {
    const path = out();
    writeFileSync(path, 'mine');
    const events: RunEvent[] = [];
    const options = {onEvent: (event: RunEvent) => void events.push(event)};
    const error = await rejectionOf(extractFeatures(folder, {model}, path, options));
    expect(error).to.include({code: 'FEATURES_NOT_WRITABLE', exitCode: 2});
    expect(events).to.deep.equal([]);
    expect(statSync(path).size).to.equal(4);
    await extractFeatures(folder, {model}, path, {overwrite: true});
    expect(readNpy(path)).to.have.lengthOf(9 * 256);
  });
});
