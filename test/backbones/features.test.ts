import {expect} from 'chai';
import {features} from '../../src/backbones/features.js';
import {forward} from '../../src/backbones/forward.js';
import {inferenceInterpreter} from '../../src/backbones/interpreters.js';
import {normalize} from '../../src/backbones/normalize.js';
import {tf, type Scalar, type Tensor4D} from '../../src/backend/tensorflow.js';
import type {Classifier} from '../../src/heads/classifier.js';
import {useBackend} from '../helpers/backend.js';
import {largestDifference} from '../helpers/gradients.js';
import {randomClassifier, randomPixels} from '../helpers/random-classifier.js';

const SIZE = 32;

describe('features()', () => {
  useBackend();

  let classifier: Classifier;
  before(() => {
    classifier = randomClassifier({spec: {lastStage: 3}, size: SIZE});
  });
  after(() => classifier.dispose());

  const images = (): Tensor4D => tf.tensor4d(randomPixels(2, SIZE), [2, SIZE, SIZE, 3], 'int32');

  it('returns what each stage returns, and leaves nothing else behind', () => {
    const pixels = images();
    const before = tf.memory().numTensors;
    const {c2, c4} = features(classifier, pixels, ['c4', 'c2']);
    expect(tf.memory().numTensors).to.equal(before + 2);
    expect(c2.shape).to.deep.equal([2, 8, 8, 64]);
    expect(c4.shape).to.deep.equal([2, 2, 2, 256]);
    tf.tidy(() => {
      const {spec, weights, preprocessing} = classifier;
      const interpreter = inferenceInterpreter(weights);
      const stage1 = forward(interpreter, spec, normalize(pixels, preprocessing), 0, 2);
      expect(largestDifference(c2, stage1)).to.equal(0);
      expect(largestDifference(c4, forward(interpreter, spec, stage1, 2, 4))).to.equal(0);
    });
    tf.dispose([pixels, c2, c4]);
    expect(tf.memory().numTensors).to.equal(before - 1);
  });

  it('takes images of any size, and belongs to the scope of the caller', () => {
    const before = tf.memory().numTensors;
    const shape = tf.tidy(() => features(classifier, tf.zeros([1, 50, 70, 3]), ['c3']).c3.shape);
    expect(shape).to.deep.equal([1, 7, 9, 128]);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('lets gradients through to the weights of the stages below, and to no others', () => {
    const pixels = images();
    const loss = (): Scalar => tf.sum(features(classifier, pixels, ['c2', 'c3']).c3);
    const names = ['conv1.weight', 'layer2.1.bn2.bias'];
    const {grads, value} = tf.variableGrads(
      loss,
      names.map(name => classifier.weights.get(name)!),
    );
    for (const gradient of Object.values(grads))
      expect(tf.tidy(() => tf.max(tf.abs(gradient)).dataSync()[0])).to.be.greaterThan(0);
    tf.dispose([pixels, value, grads]);
  });

  it('keeps nothing where it fails', () => {
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => features(classifier, tf.zeros([1, 32, 32, 4]), ['c2']))).to.throw();
    expect(() => features(classifier, tf.zeros([1, 1, 1, 3]), ['c5'])).to.throw('c5');
    expect(tf.memory().numTensors).to.equal(before + 1);
  });
});
