import {join} from 'node:path';
import {expect} from 'chai';
import {features} from '../../../src/backbones/features.js';
import type {TapName} from '../../../src/backbones/taps.js';
import {tf, type Scalar, type Tensor4D} from '../../../src/backend/tensorflow.js';
import {exportModel} from '../../../src/export/export-model.js';
import type {ModelMetadata} from '../../../src/export/record/metadata.js';
import {readLayersModel} from '../../../src/export/tfjs/layers-model-files.js';
import {readJsonFile} from '../../../src/core/files/json-file.js';
import {headForward, poolFeatures, type HeadSpec} from '../../../src/heads/head.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {toInference} from '../../../src/heads/inference-model.js';
import type {ActivationMap} from '../../../src/datasets/activation-maps/placed-map.js';
import {Network} from '../../../templates/web/inference/network.js';
import {useBackend} from '../../helpers/backend.js';
import {
  randomClassifier,
  randomPixels,
  type ClassifierOptions,
} from '../../helpers/random-classifier.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const SIZE = 64;
const CLASSES = [0, 1, 2];

/**
 * Grad-CAM by its definition (https://arxiv.org/abs/1610.02391), with gradients of the backend: channels weighted by the sum of the gradient
 * of the logit over the map.
 */
function gradCam(classifier: Classifier, pixels: Uint8Array, classIndex: number): number[] {
  const {head, weights, layers, spec} = classifier;
  const name = `c${spec.lastStage + 1}` as TapName;
  return tf.tidy(() => {
    const input = tf.tensor4d(pixels, [1, SIZE, SIZE, 3], 'int32');
    const map = features(classifier, input, [name])[name];
    const logit = (x: Tensor4D): Scalar =>
      tf.sum(
        tf.slice(
          headForward(head, weights, layers, poolFeatures(head, x)),
          [0, classIndex],
          [1, 1],
        ),
      );
    const gradient = tf.grad(x => logit(x as Tensor4D))(map);
    const sums = tf.sum(gradient, [1, 2], true);
    return [...tf.relu(tf.sum(tf.mul(map, sums), 3)).dataSync()];
  });
}

/** Activation maps of the classes as Node computes them. */
function mapsOfNode(classifier: Classifier, pixels: Uint8Array): ActivationMap[] {
  const network = toInference(classifier);
  const copies = Buffer.concat(CLASSES.map(() => pixels));
  const repeated = tf.tensor4d(copies, [CLASSES.length, SIZE, SIZE, 3], 'int32');
  const maps = network.activationMaps(repeated, CLASSES);
  repeated.dispose();
  network.dispose();
  return maps;
}

/** Activation maps of the classes as the page computes them, by the TensorFlow.js of the tests. */
async function mapsOfPage(directory: string, pixels: Uint8Array): Promise<ActivationMap[]> {
  const pageTensorFlow: unknown = Object.create(tf, {
    loadLayersModel: {value: (path: string) => readLayersModel(path)},
  });
  Object.assign(globalThis, {tf: pageTensorFlow});
  try {
    const metadata = (await readJsonFile(join(directory, 'metadata.json'), 1e6)) as ModelMetadata;
    const network = await Network.load(directory, metadata, () => undefined);
    const output = await network.run(pixels, SIZE);
    const maps: ActivationMap[] = [];
    for (const classIndex of CLASSES) maps.push(await output.computeMap!(classIndex));
    output.dispose();
    network.dispose();
    return maps;
  } finally {
    Reflect.deleteProperty(globalThis, 'tf');
  }
}

describe('the activation map of Node and of the web page', function () {
  this.timeout(120_000);
  useBackend();

  const HEADS: Readonly<Record<string, Partial<HeadSpec>>> = {
    'a linear head': {},
    'a linear head on both poolings': {pooling: 'avg+max'},
    'an mlp': {type: 'mlp'},
    'an mlp on both poolings': {type: 'mlp', pooling: 'avg+max'},
  };
  const CASES: Readonly<Record<string, ClassifierOptions>> = {
    ...Object.fromEntries(Object.entries(HEADS).map(([name, head]) => [name, {head}])),
    'a pre-activation network': {spec: {arch: 'resnet50v2', lastStage: 3}, seed: 2},
    'a bottleneck network of all stages': {spec: {arch: 'resnet50', lastStage: 4}},
  };

  for (const [name, options] of Object.entries(CASES))
    it(`is that of Grad-CAM, and frees its memory: ${name}`, async () => {
      const before = tf.memory().numTensors;
      const classifier = randomClassifier({size: SIZE, ...options});
      const directory = join(temporaryDirectory(), 'model');
      await exportModel(classifier, directory);
      const pixels = randomPixels(1, SIZE);
      const expected = CLASSES.map(classIndex => gradCam(classifier, pixels, classIndex));
      const ofNode = mapsOfNode(classifier, pixels);
      classifier.dispose();
      const ofPage = await mapsOfPage(directory, pixels);
      expect(tf.memory().numTensors).to.equal(before);
      const largest = Math.max(...expected.flat());
      expect(largest).to.be.above(0);
      for (const maps of [ofNode, ofPage])
        for (const [classIndex, {rows, columns, values}] of maps.entries()) {
          expect(rows * columns).to.equal(expected[classIndex]!.length);
          values.forEach((value, i) =>
            expect(value / largest).to.be.closeTo(expected[classIndex]![i]! / largest, 1e-4),
          );
        }
    });
});
