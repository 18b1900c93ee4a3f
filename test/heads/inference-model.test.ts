import {expect} from 'chai';
import {inferenceInterpreter} from '../../src/backbones/interpreters.js';
import {normalize} from '../../src/backbones/normalize.js';
import {forward} from '../../src/backbones/forward.js';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {tf, type Tensor2D, type Tensor4D} from '../../src/backend/tensorflow.js';
import type {Classifier} from '../../src/heads/classifier.js';
import {toInference, type InferenceModel} from '../../src/heads/inference-model.js';
import {headForward, poolFeatures} from '../../src/heads/head.js';
import {useBackend} from '../helpers/backend.js';
import {KERAS_FAMILY, randomClassifier, randomPixels} from '../helpers/random-classifier.js';

const pixels = (): Tensor4D => tf.tensor4d(randomPixels(2, 64), [2, 64, 64, 3], 'int32');

const read = (network: (images: Tensor4D) => Tensor2D): number[] =>
  tf.tidy(() => [...network(pixels()).dataSync()]);
const readFrozen = (frozen: InferenceModel): number[] => read(images => frozen.logits(images));

/** The forward pass that training validates with: nothing folded. */
const readPlain = ({spec, weights, head, layers, preprocessing}: Classifier): number[] =>
  read(images => {
    const features = forward(inferenceInterpreter(weights), spec, normalize(images, preprocessing));
    return headForward(head, weights, layers, poolFeatures(head, features));
  });

describe('freezeClassifier', () => {
  useBackend();

  for (const [what, options] of [
    ["torchvision's family", {}],
    [
      "Keras' family, with a hidden layer on both poolings",
      {spec: KERAS_FAMILY, head: {type: 'mlp', pooling: 'avg+max', dropout: 0.5}},
    ],
  ] as const) {
    it(`computes what the classifier computes: ${what}`, () => {
      const classifier = randomClassifier(options);
      const frozen = toInference(classifier);
      const expected = readPlain(classifier);
      const found = readFrozen(frozen);
      found.forEach((logit, i) =>
        expect(logit).to.be.closeTo(expected[i]!, 1e-5 * Math.max(...expected.map(Math.abs))),
      );
      frozen.dispose();
      classifier.dispose();
    });
  }

  it('is not moved by what becomes of the classifier', () => {
    const classifier = randomClassifier();
    const frozen = toInference(classifier);
    const before = readFrozen(frozen);
    for (const name of ['conv1.weight', 'bn1.running_mean', 'fc.weight', 'fc.bias']) {
      const weight = classifier.weights.get(name)!;
      tf.tidy(() => weight.assign(tf.add(weight, 1)));
    }
    // To rounding: a GPU may add in another order.
    const expectAsBefore = (): void =>
      readFrozen(frozen).forEach((logit, i) => expect(logit).to.be.closeTo(before[i]!, 1e-6));
    expectAsBefore();
    classifier.dispose();
    expectAsBefore();
    frozen.dispose();
  });

  it('frees all that it makes', () => {
    const held = (): unknown => ({tensors: tf.memory().numTensors, handles: countNativeHandles()});
    const classifier = randomClassifier();
    readPlain(classifier); // weights reach the device when they are first used
    const before = held();
    const frozen = toInference(classifier);
    readFrozen(frozen);
    frozen.dispose();
    expect(held()).to.deep.equal(before);
    classifier.dispose();
  });
});
