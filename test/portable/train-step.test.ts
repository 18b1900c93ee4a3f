import {expect} from 'chai';
import {tf} from '../../src/backend/tensorflow.js';
import {createOptimizer} from '../../src/training/loop/optimizer.js';
import {createPhaseModel} from '../../src/training/loop/phase-model.js';
import {trainStep, type StepInputs} from '../../src/training/loop/train-step.js';
import {useBackend} from '../helpers/backend.js';
import {randomClassifier, randomPixels} from '../helpers/random-classifier.js';

/** Lion moves every element by a whole rate. */
const RATES = {adamw: 1e-3, sgd: 1e-3, lion: 1e-4};
const RULES = {labelSmoothing: 0.1, clipNorm: 1, bnMomentum: 0.1};
const SIZE = 32;

/** Losses of five steps on the same four images, all groups trained; nothing is left on the device. */
function trainAll(type: keyof typeof RATES): number[] {
  const peak = RATES[type];
  const classifier = randomClassifier({
    size: SIZE,
    head: {type: 'mlp', pooling: 'avg+max', dropout: 0.1},
  });
  const rates = {stem: peak, stage1: peak, stage2: peak, stage3: null, stage4: null, head: peak};
  const network = createPhaseModel(classifier, {learningRates: rates, batchNorm: 'training'});
  const optimizer = createOptimizer({type, weightDecay: 0.01}, network.trainable);
  const losses = tf.tidy(() => {
    const rate = tf.scalar(peak);
    const inputs: StepInputs = {
      x: network.forwardFrozen(
        tf.tensor4d(Float32Array.from(randomPixels(4, SIZE)), [4, SIZE, SIZE, 3]),
      ),
      labels: tf.tensor1d([0, 1, 2, 0], 'int32'),
      sampleWeights: tf.tensor1d([1, 1, 1, 0]),
      learningRates: {stem: rate, stage1: rate, stage2: rate, head: rate},
      dropoutSeed: tf.tensor1d([1, 2], 'int32'),
    };
    return Array.from({length: 5}, () => trainStep(network, optimizer, RULES, inputs)).map(
      loss => loss.dataSync()[0]!,
    );
  });
  for (const owner of [network, optimizer, classifier]) owner.dispose();
  return losses;
}

describe('A training step on wasm', () => {
  useBackend();

  for (const type of ['adamw', 'sgd', 'lion'] as const) {
    it(`trains a whole network with ${type}, batch norms, an mlp head and dropout, and leaves nothing behind`, () => {
      const before = tf.memory().numTensors;
      const losses = trainAll(type);
      expect(losses.at(-1)).to.be.below(losses[0]! - 0.01);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
