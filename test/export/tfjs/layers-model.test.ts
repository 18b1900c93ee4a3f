import {expect} from 'chai';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {
  tf,
  type LayersModel,
  type SymbolicTensor,
  type Tensor2D,
  type Tensor4D,
} from '../../../src/backend/tensorflow.js';
import type {ConvLayer} from '../../../src/backbones/layers.js';
import {ops} from '../../../src/backend/ops/current-ops.js';
import {
  layerKernel,
  layersInterpreter,
  toLayersModel,
} from '../../../src/export/tfjs/layers-model.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {toInference} from '../../../src/heads/inference-model.js';
import {useBackend} from '../../helpers/backend.js';
import {draw, largestDifference} from '../../helpers/gradients.js';
import {
  KERAS_FAMILY,
  randomClassifier,
  randomPixels,
  type ClassifierOptions,
} from '../../helpers/random-classifier.js';

const SIZE = 64;

const pixels = (): Tensor4D => tf.tensor4d(randomPixels(3, SIZE), [3, SIZE, SIZE, 3], 'int32');

function logitsOfModel(model: LayersModel, classifier: Classifier): number[] {
  const last = model.getLayer(classifier.layers.at(-1)!.name).output as SymbolicTensor;
  const upToLogits = tf.model({inputs: model.inputs, outputs: last});
  return tf.tidy(() => [
    ...(upToLogits.predict(tf.cast(pixels(), 'float32')) as Tensor2D).dataSync(),
  ]);
}

function logitsOfFunction(classifier: Classifier): number[] {
  const frozen = toInference(classifier);
  const logits = tf.tidy(() => [...frozen.logits(pixels()).dataSync()]);
  frozen.dispose();
  return logits;
}

/** Largest difference, as a share of the largest number. */
function difference(found: readonly number[], expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!))) / largest;
}

const CASES: readonly (readonly [string, ClassifierOptions])[] = [
  ...([1, 2, 3, 4] as const).map(
    lastStage => [`resnet18 up to stage ${lastStage}`, {spec: {lastStage}}] as const,
  ),
  ['resnet50 with the stride on the 3x3', {spec: {arch: 'resnet50', lastStage: 3}}],
  [
    'resnet50 with the stride on the first 1x1, fed BGR',
    {spec: {arch: 'resnet50', lastStage: 3, ...KERAS_FAMILY}},
  ],
  ['resnext50_32x4d, in groups', {spec: {arch: 'resnext50_32x4d', lastStage: 2}}],
  ['both poolings side by side', {head: {pooling: 'avg+max'}}],
  ['a hidden layer in the head', {head: {type: 'mlp', dropout: 0.5}}],
  [
    'a hidden layer on both poolings',
    {head: {type: 'mlp', pooling: 'avg+max'}, spec: KERAS_FAMILY},
  ],
];

describe('toLayersModel', () => {
  useBackend();

  for (const [what, options] of CASES) {
    it(`computes what the function computes: ${what}`, () => {
      const classifier = randomClassifier({size: SIZE, ...options});
      const model = toLayersModel(classifier);
      const expected = logitsOfFunction(classifier);
      expect(new Set(expected.map(value => value.toFixed(3))).size).to.be.greaterThan(6);
      expect(difference(logitsOfModel(model, classifier), expected)).to.be.lessThan(1e-5);
      model.dispose();
      classifier.dispose();
    });
  }

  for (const stride of [1, 2]) {
    it(`convolves in groups as the function does, stride ${stride}`, () => {
      const conv: ConvLayer = {
        ...{kind: 'conv', name: 'conv', inputs: ['x'], reduction: stride},
        ...{kernel: 3, stride, padding: 1, groups: 4, inChannels: 8, channels: 12},
        hasBias: false,
      };
      tf.tidy(() => {
        const [x, filter]: Tensor4D[] = [draw('x', [2, 9, 8, 8]), draw('filter', [3, 3, 2, 12])];
        const input = tf.input({shape: [9, 8, 8]});
        const model = tf.model({inputs: input, outputs: layersInterpreter.conv(conv, input)});
        model.getLayer('conv').setWeights([layerKernel(conv, filter!)]);
        const expected = ops().conv2d(x!, filter!, stride, 1);
        expect(largestDifference(model.predict(x!) as Tensor4D, expected)).to.be.below(1e-5);
        model.dispose();
      });
    });
  }

  it('ends in probabilities, and takes pixels of the size that the weights are fed', () => {
    const classifier = randomClassifier({size: SIZE});
    const model = toLayersModel(classifier);
    expect(model.inputs[0]!.shape).to.deep.equal([null, SIZE, SIZE, 3]);
    const sums = tf.tidy(() => [
      ...tf.sum(model.predict(tf.cast(pixels(), 'float32')) as Tensor2D, 1).dataSync(),
    ]);
    for (const sum of sums) expect(sum).to.be.closeTo(1, 1e-6);
    model.dispose();
    classifier.dispose();
  });

  it('is made of standard layers under the names that torchvision gives its modules', () => {
    const classifier = randomClassifier({spec: {lastStage: 1}, size: SIZE});
    const model = toLayersModel(classifier);
    const named = model.layers.map(layer => `${layer.name} ${layer.getClassName()}`);
    const block = (name: string): string[] => [
      `${name}.conv1 Conv2D`,
      `${name}.bn1 BatchNormalization`,
      `${name}.relu1 Activation`,
      `${name}.conv2 Conv2D`,
      `${name}.bn2 BatchNormalization`,
      `${name}.add Add`,
      `${name}.relu Activation`,
    ];
    expect(named).to.deep.equal([
      'pixels InputLayer',
      'normalize Conv2D',
      'conv1.pad ZeroPadding2D',
      'conv1 Conv2D',
      'bn1 BatchNormalization',
      'relu Activation',
      'maxpool.pad ZeroPadding2D',
      'maxpool MaxPooling2D',
      ...block('layer1.0'),
      ...block('layer1.1'),
      'avgpool GlobalAveragePooling2D',
      'fc Dense',
      'probabilities Activation',
    ]);
    model.dispose();
    classifier.dispose();
  });

  it('keeps its weights when the classifier is trained on or disposed', () => {
    const classifier = randomClassifier({size: SIZE});
    const model = toLayersModel(classifier);
    const before = logitsOfModel(model, classifier);
    const bias = classifier.weights.get('fc.bias')!;
    tf.tidy(() => bias.assign(tf.add(bias, 1)));
    classifier.dispose();
    expect(logitsOfModel(model, classifier)).to.deep.equal(before);
    model.dispose();
  });

  it('gives back all memory when it is disposed', () => {
    const held = (): unknown => ({tensors: tf.memory().numTensors, handles: countNativeHandles()});
    const empty = held();
    const classifier = randomClassifier({size: SIZE});
    logitsOfFunction(classifier); // weights reach the device when they are first used
    const before = held();
    const model = toLayersModel(classifier);
    logitsOfModel(model, classifier);
    model.dispose();
    expect(held()).to.deep.equal(before);
    classifier.dispose();
    expect(held()).to.deep.equal(empty);
  });
});
