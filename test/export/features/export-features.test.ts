import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {features} from '../../../src/backbones/features.js';
import {loadBackbone} from '../../../src/backbones/load-backbone.js';
import {disposeWeights, type Backbone} from '../../../src/backbones/parameters.js';
import {tapNetwork, UnknownTapError, type TapName} from '../../../src/backbones/taps.js';
import {tf, type Tensor4D} from '../../../src/backend/tensorflow.js';
import {exportFeatures} from '../../../src/export/features/export-features.js';
import type {FeaturesRecord} from '../../../src/export/features/features-record.js';
import {
  FeaturesMismatchError,
  verifyFeatures,
} from '../../../src/export/features/verify-features.js';
import {OutputExistsError} from '../../../src/export/replace-directory.js';
import {readLayersModel} from '../../../src/export/tfjs/layers-model-files.js';
import {useBackend} from '../../helpers/backend.js';
import {largestDifference} from '../../helpers/gradients.js';
import {
  KERAS_FAMILY,
  randomClassifier,
  randomPixels,
  type ClassifierOptions,
} from '../../helpers/random-classifier.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {alive} from '../../helpers/small-run.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const CARD = '# Features\n';
const FILES = ['README.md', 'backbone.safetensors', 'features.json', 'group1-shard1of1.bin'];

const place = (): string => join(temporaryDirectory(), 'features');
const readRecord = (directory: string): FeaturesRecord =>
  JSON.parse(readFileSync(join(directory, 'features.json'), 'utf8')) as FeaturesRecord;

const NETWORKS: readonly (readonly [string, ClassifierOptions, readonly TapName[]])[] = [
  ['resnet18', {spec: {lastStage: 4}}, ['c2', 'c3', 'c4', 'c5']],
  [
    'resnet50 with the stride on the first 1x1',
    {spec: {arch: 'resnet50', lastStage: 3, ...KERAS_FAMILY}},
    ['c3', 'c4'],
  ],
  ['resnetv2_18, pre-activation', {spec: {arch: 'resnetv2_18', lastStage: 3}}, ['c2', 'c3']],
  ['resnetv2_18 up to its end', {spec: {arch: 'resnetv2_18', lastStage: 2}}, ['c2', 'c3']],
  ['resnet50v2 of Keras', {spec: {arch: 'resnet50v2', lastStage: 2}}, ['c2']],
  ['resnetaa50d', {spec: {arch: 'resnetaa50d', lastStage: 2}}, ['c2', 'c3']],
  ['resnet20 with shortcuts of zeros', {spec: {arch: 'resnet20', lastStage: 3}}, ['c2', 'c4']],
  ['resnext50_32x4d, in groups', {spec: {arch: 'resnext50_32x4d', lastStage: 2}}, ['c2', 'c3']],
];

describe('exportFeatures', () => {
  useBackend();

  for (const [what, options, names] of NETWORKS) {
    it(`writes a tfjs model that computes the maps of images of any size: ${what}`, async () => {
      const backbone = randomClassifier(options);
      const {directory, maxDifference} = await exportFeatures(backbone, names, place(), {
        card: CARD,
      });
      expect(maxDifference).to.be.within(0, 1e-4);
      const model = await readLayersModel(directory);
      expect(model.outputNames).to.deep.equal(names);
      expect(model.inputs[0]!.shape).to.deep.equal([null, null, null, 3]);
      for (const [height, width] of [
        [64, 64],
        [50, 81],
      ] as const) {
        tf.tidy(() => {
          const noise = randomPixels(1, 96).subarray(0, height * width * 3);
          const pixels = tf.tensor4d(noise, [1, height, width, 3], 'float32');
          const expected = features(backbone, pixels, names);
          const maps = [model.predict(pixels)].flat() as Tensor4D[];
          names.forEach((name, i) => {
            expect(maps[i]!.shape).to.deep.equal(expected[name].shape);
            const largest = tf.max(tf.abs(expected[name])).dataSync()[0]!;
            expect(largest).to.be.greaterThan(0.1);
            expect(largestDifference(maps[i]!, expected[name]) / largest).to.be.below(1e-4);
          });
        });
      }
      model.dispose();
      backbone.dispose();
    });
  }

  it('records strides, channels and the input, and leaves nothing on the device', async () => {
    const backbone = randomClassifier({spec: {lastStage: 3}});
    await exportFeatures(backbone, ['c3'], place(), {card: CARD}); // weights reach the device when they are first used
    const before = alive();
    const {directory, record} = await exportFeatures(backbone, ['c3', 'c2'], place(), {card: CARD});
    expect(alive()).to.deep.equal(before);
    expect(readRecord(directory)).to.deep.equal(JSON.parse(JSON.stringify(record)));
    expect(record).to.deep.include({
      arch: 'resnet18',
      lastStage: 2,
      features: [
        {name: 'c2', layer: 'layer1.1.relu', channels: 64, stride: 4},
        {name: 'c3', layer: 'layer2.1.relu', channels: 128, stride: 8},
      ],
      input: {shape: [null, null, null, 3], pixels: {order: 'RGB', range: [0, 255]}},
      preprocessing: backbone.preprocessing,
    });
    expect(readdirSync(directory)).to.deep.equal([...FILES, 'model.json']);
    expect(Object.keys(record.files)).to.have.members([
      ...['model.json', 'group1-shard1of1.bin', 'backbone.safetensors'],
    ]);
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).to.equal(CARD);
    backbone.dispose();
  });

  it('writes weights that serve as --weights again, without stages behind the last map', async () => {
    const source = randomClassifier({spec: {lastStage: 3}});
    const {directory} = await exportFeatures(source, ['c3'], place(), {card: CARD});
    for (const file of ['backbone.safetensors', 'model.json']) {
      const backbone: Backbone = await loadBackbone('resnet18', 2, join(directory, file));
      expect(backbone.preprocessing).to.deep.equal(source.preprocessing);
      tf.tidy(() => {
        const pixels = tf.tensor4d(randomPixels(1, 32), [1, 32, 32, 3]);
        const [found, expected] = [backbone, source].map(each => features(each, pixels, ['c3']).c3);
        expect(largestDifference(found!, expected!), file).to.be.below(1e-4);
      });
      disposeWeights(backbone.weights);
      const error = await rejectionOf(loadBackbone('resnet18', 3, join(directory, file)));
      expect(error.message).to.contain('--last-stage 2');
    }
    source.dispose();
  });

  it('refuses maps that the backbone lacks, before it writes', async () => {
    const backbone = randomClassifier({spec: {lastStage: 1}});
    const directory = place();
    const error = await rejectionOf(
      exportFeatures(backbone, ['c2', 'c3'], directory, {card: CARD}),
    );
    expect(error).to.be.instanceOf(UnknownTapError);
    expect(readdirSync(join(directory, '..'))).to.deep.equal([]);
    backbone.dispose();
  });

  it('replaces earlier features, and nothing else', async () => {
    const backbone = randomClassifier({spec: {lastStage: 1}});
    const directory = place();
    await exportFeatures(backbone, ['c2'], directory, {card: 'old'});
    await exportFeatures(backbone, ['c2'], directory, {card: CARD});
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).to.equal(CARD);
    expect(readdirSync(join(directory, '..'))).to.deep.equal(['features']);
    const other = place();
    mkdirSync(other);
    writeFileSync(join(other, 'notes.txt'), 'mine');
    const error = await rejectionOf(exportFeatures(backbone, ['c2'], other, {card: CARD}));
    expect(error).to.be.instanceOf(OutputExistsError);
    expect(readdirSync(other)).to.deep.equal(['notes.txt']);
    backbone.dispose();
  });

  it('verifies both files, and names the one that computes something else', async () => {
    const backbone = randomClassifier({spec: {lastStage: 1}});
    const network = tapNetwork(backbone.spec, ['c2']);
    const {directory} = await exportFeatures(backbone, ['c2'], place(), {card: CARD});
    expect(await verifyFeatures(backbone, network, directory)).to.be.below(1e-4);
    const bias = backbone.weights.get('layer1.1.bn2.bias')!;
    for (const value of [3, NaN]) {
      bias.assign(tf.fill(bias.shape, value));
      const before = alive();
      const error = await rejectionOf(verifyFeatures(backbone, network, directory));
      expect(error).to.be.instanceOf(FeaturesMismatchError);
      expect(error.message).to.contain('model.json computes another c2 than the backbone');
      expect(alive()).to.deep.equal(before);
    }
    backbone.dispose();
  });

  it('names backbone.safetensors where only that differs', async () => {
    const [backbone, other] = [1, 2].map(seed => randomClassifier({spec: {lastStage: 1}, seed}));
    const network = tapNetwork(backbone!.spec, ['c2']);
    const [{directory}, changed] = [
      await exportFeatures(backbone!, ['c2'], place(), {card: CARD}),
      await exportFeatures(other!, ['c2'], place(), {card: CARD}),
    ];
    writeFileSync(
      join(directory, 'backbone.safetensors'),
      readFileSync(join(changed.directory, 'backbone.safetensors')),
    );
    const error = await rejectionOf(verifyFeatures(backbone!, network, directory));
    expect(error.message).to.contain('backbone.safetensors computes another c2');
    backbone!.dispose();
    other!.dispose();
  });
});
