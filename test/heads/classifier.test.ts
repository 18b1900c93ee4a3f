import {expect} from 'chai';
import {toHost} from '../../src/backbones/parameters.js';
import {createRandomBackbone} from '../../src/backbones/load-backbone.js';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {tf, type Tensor2D, type Tensor4D} from '../../src/backend/tensorflow.js';
import {attachHead, lastLayerOf, scaleLogits} from '../../src/heads/classifier.js';
import {toInference} from '../../src/heads/inference-model.js';
import {createPhaseModel} from '../../src/training/loop/phase-model.js';
import {useBackend} from '../helpers/backend.js';
import {largestDifference} from '../helpers/gradients.js';
import {LINEAR, randomClassifier, randomPixels} from '../helpers/random-classifier.js';

const FROZEN = {stem: null, stage1: null, stage2: null, stage3: null, stage4: null, head: null};
const TRAINED = {stem: 1, stage1: 1, stage2: 1, stage3: null, stage4: null, head: 1};

describe('a classifier', () => {
  useBackend();

  it('is a backbone and a head by name, and leaves nothing on the device when disposed', () => {
    const before = [tf.memory().numTensors, countNativeHandles()];
    const backbone = createRandomBackbone('resnet18', 2, 1);
    const names = [...backbone.weights.keys()];
    const classifier = attachHead(backbone, {...LINEAR, pooling: 'avg+max'}, ['a', 'b', 'c'], 1);
    expect([...classifier.weights.keys()]).to.deep.equal([...names, 'fc.weight', 'fc.bias']);
    expect(classifier.weights.get('fc.weight')!.shape).to.deep.equal([256, 3]);
    expect(classifier).to.deep.include({origin: 'none', classNames: ['a', 'b', 'c']});
    classifier.dispose();
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  for (const head of [LINEAR, {type: 'mlp', pooling: 'avg+max', dropout: 0.5}] as const) {
    it(`with a head of type ${head.type} computes the same whether frozen, a phase's frozen part, or as it trains`, () => {
      const classifier = randomClassifier({head, size: 32});
      const pixels = tf.tensor4d(randomPixels(3, 32), [3, 32, 32, 3], 'int32');
      const through = (rates: typeof FROZEN | typeof TRAINED): Tensor2D => {
        const network = createPhaseModel(classifier, {learningRates: rates, batchNorm: 'training'});
        const logits = tf.tidy(() => network.forwardFromFrozenDepth(network.forwardFrozen(pixels)));
        network.dispose();
        return logits;
      };
      const frozen = toInference(classifier);
      const all = [frozen.logits(pixels), through(FROZEN), through(TRAINED)] as const;
      const size = tf.tidy(() => tf.max(tf.abs(all[0])).dataSync()[0]!);
      expect(largestDifference(all[0], all[1]) / size).to.be.below(1e-5);
      expect(largestDifference(all[0], all[2]) / size).to.be.below(1e-5);
      frozen.dispose();
      tf.dispose([...all, pixels]);
      classifier.dispose();
    });
  }

  for (const type of ['linear', 'mlp'] as const) {
    it(`with a head of type ${type} has its logits divided by a temperature, in its last layer alone`, () => {
      const classifier = randomClassifier({head: {...LINEAR, type}, size: 32});
      const pixels = tf.tensor4d(randomPixels(2, 32), [2, 32, 32, 3], 'int32') as Tensor4D;
      const logits = (): Tensor2D => {
        const network = toInference(classifier);
        const found = network.logits(pixels);
        network.dispose();
        return found;
      };
      const before = logits();
      const {weight, classes} = lastLayerOf(classifier);
      expect([weight.length, classes]).to.deep.equal([
        classes * classifier.layers.at(-1)!.inputs,
        3,
      ]);
      scaleLogits(classifier, 2.5);
      const [after, divided] = [logits(), tf.div(before, 2.5)];
      const size = tf.tidy(() => tf.max(tf.abs(divided)).dataSync()[0]!);
      expect(largestDifference(after, divided as Tensor2D) / size).to.be.below(1e-5);
      expect(lastLayerOf(classifier).weight[7]).to.be.closeTo(weight[7]! / 2.5, 1e-6);
      tf.dispose([before, after, divided, pixels]);
      classifier.dispose();
    });
  }

  it('once frozen does not follow what becomes of it', () => {
    const before = [tf.memory().numTensors, countNativeHandles()];
    const classifier = randomClassifier({size: 32});
    const pixels = tf.tensor4d(randomPixels(2, 32), [2, 32, 32, 3], 'int32') as Tensor4D;
    const frozen = toInference(classifier);
    const first = tf.tidy(() => frozen.logits(pixels).dataSync().slice());
    for (const variable of classifier.weights.values())
      tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    classifier.dispose();
    const second = tf.tidy(() => frozen.logits(pixels).dataSync().slice());
    // To rounding: a GPU may add in another order.
    second.forEach((logit, i) => expect(logit).to.be.closeTo(first[i]!, 1e-6));
    frozen.dispose();
    pixels.dispose();
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  it('comes down to the host in the layout that files have', () => {
    const classifier = randomClassifier({size: 32});
    const {weights} = classifier;
    const [conv, dense] = tf.tidy(() => [
      weights.get('layer1.0.conv1.weight')!.arraySync(),
      weights.get('fc.weight')!.arraySync(),
    ]) as [number[][][][], number[][]];
    const host = toHost(weights, name => name === 'layer1.0.conv1.weight' || name === 'fc.weight');
    expect([...host.keys()]).to.deep.equal(['layer1.0.conv1.weight', 'fc.weight']);
    const [filter, matrix] = [...host.values()];
    // OIHW of HWIO [kh, kw, in, out], at out 5, in 7, row 1, column 2.
    expect(filter!.data[((5 * 64 + 7) * 3 + 1) * 3 + 2]).to.equal(conv[1]![2]![7]![5]);
    expect(matrix!.shape).to.deep.equal([3, 128]);
    expect(matrix!.data[2 * 128 + 17]).to.equal(dense[17]![2]);
    classifier.dispose();
  });
});
