import {expect} from 'chai';
import {
  LAYER_GROUPS,
  type GroupLearningRates,
  type LayerGroup,
} from '../../../src/backbones/layer-groups.js';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {
  tf,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '../../../src/backend/tensorflow.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import type {HeadSpec} from '../../../src/heads/head.js';
import {createOptimizer, type Optimizer} from '../../../src/training/loop/optimizer.js';
import {createPhaseModel, type PhaseModel} from '../../../src/training/loop/phase-model.js';
import {computeLoss, trainStep, type UpdateOptions} from '../../../src/training/loop/train-step.js';
import {useBackend} from '../../helpers/backend.js';
import {draw} from '../../helpers/gradients.js';
import {randomClassifier, randomPixels} from '../../helpers/random-classifier.js';

const RULES: UpdateOptions = {labelSmoothing: 0, clipNorm: 1e9, bnMomentum: 0.1};
const HEAD_ONLY: GroupLearningRates = {
  stem: null,
  stage1: null,
  stage2: null,
  stage3: null,
  stage4: null,
  head: 0.1,
};
const EVERYTHING: GroupLearningRates = {
  stem: 0.1,
  stage1: 0.1,
  stage2: null,
  stage3: null,
  stage4: null,
  head: 0.1,
};
/** The first step of Nesterov's momentum is so many gradients long. */
const FIRST_STEP = 1.9;
const RATE = 0.1;
const WIDTH = 64;

interface Bench {
  readonly classifier: Classifier;
  readonly network: PhaseModel;
  readonly optimizer: Optimizer;
  /** One update; the loss before it. */
  step(batch: {
    readonly x?: Tensor;
    readonly labels?: readonly number[];
    readonly weights?: readonly number[];
    readonly seed?: number;
  }): number;
  /** A weight's change since the bench was made. */
  change(name: string): Float32Array;
  /** Norm of the gradients of the last step, before clipping. */
  norm(): number;
}

describe('a training step', () => {
  useBackend();

  const made: {dispose(): void}[] = [];
  afterEach(() => made.splice(0).forEach(thing => thing.dispose()));

  function bench(
    learningRates: GroupLearningRates,
    rules: Partial<UpdateOptions> = {},
    head: Partial<HeadSpec> = {},
  ): Bench {
    const classifier = randomClassifier({spec: {lastStage: 1}, head, size: 32});
    const network = createPhaseModel(classifier, {
      learningRates,
      batchNorm: 'inference',
    });
    const optimizer = createOptimizer({type: 'sgd', weightDecay: 0}, network.trainable);
    const start = new Map(
      [...network.trainable].map(([name, variable]) => [
        name,
        variable.dataSync<'float32'>().slice(),
      ]),
    );
    made.push(classifier, network, optimizer);
    let norm = NaN;
    return {
      classifier,
      network,
      optimizer,
      step: ({x, labels = [0, 1, 2, 1], weights = labels.map(() => 1), seed = 0}) =>
        tf.tidy(() => {
          const loss = trainStep(
            network,
            optimizer,
            {...RULES, ...rules},
            {
              x: x ?? draw('features', [labels.length, WIDTH]),
              labels: tf.tensor1d([...labels], 'int32'),
              sampleWeights: tf.tensor1d([...weights]),
              learningRates: Object.fromEntries(
                LAYER_GROUPS.map(group => [group, tf.scalar(RATE)]),
              ) as Record<LayerGroup, Scalar>,
              dropoutSeed: tf.tensor1d([seed, seed], 'int32'),
            },
          );
          const [value, , gradientNorm] = loss.dataSync();
          norm = gradientNorm!;
          return value!;
        }),
      norm: () => norm,
      change: name =>
        network.trainable
          .get(name)!
          .dataSync<'float32'>()
          .map((value, i) => value - start.get(name)![i]!),
    };
  }

  const length = (...parts: readonly Float32Array[]): number =>
    Math.sqrt(parts.flatMap(part => [...part]).reduce((sum, value) => sum + value ** 2, 0));

  it('has the loss that PyTorch gives for the mixture of two labels', () => {
    // torch.nn.functional.cross_entropy(logits, 0.3 * one_hot([0, 1, 2, 0]) + 0.7 * one_hot([1, 2, 0, 0]), label_smoothing=...) of PyTorch 2.14
    const of = (smoothing: number): number =>
      tf.tidy(() => {
        const logits = tf.tensor2d([2, 1, 0, 0, 0.5, -1, 1, 1, 1, -2, 0, 3], [4, 3]);
        const [labels, others] = [
          tf.tensor1d([0, 1, 2, 0], 'int32'),
          tf.tensor1d([1, 2, 0, 0], 'int32'),
        ];
        const mixed = {
          labels: others,
          sampleWeights: tf.ones([4]) as Tensor1D,
          lambda: tf.scalar(0.3),
        };
        return computeLoss(
          logits,
          {labels, sampleWeights: tf.ones([4]), mixup: mixed},
          smoothing,
        ).dataSync()[0]!;
      });
    expect(of(0)).to.be.closeTo(2.2288, 5e-5);
    expect(of(0.1)).to.be.closeTo(2.1684, 5e-5);
  });

  it('gives the loss before the update, and the update lowers it', () => {
    const {step} = bench(HEAD_ONLY);
    const [first, second, third] = [step({}), step({}), step({})];
    expect(second).to.be.below(first);
    expect(third).to.be.below(second);
  });

  it('moves a linear head along the gradient of the cross-entropy', () => {
    const {step, change, classifier} = bench(HEAD_ONLY);
    const expected = tf.tidy(() => {
      const x = draw<Tensor2D>('features', [4, WIDTH]);
      const logits = tf.add(
        tf.matMul(x, classifier.weights.get('fc.weight') as unknown as Tensor2D),
        classifier.weights.get('fc.bias')!,
      );
      const error = tf.sub<Tensor2D>(
        tf.softmax(logits),
        tf.cast(tf.oneHot(tf.tensor1d([0, 1, 2, 1], 'int32'), 3), 'float32'),
      );
      return [...tf.mul(tf.matMul(x, error, true), (-RATE * FIRST_STEP) / 4).dataSync()];
    });
    step({});
    change('fc.weight').forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
  });

  it('shortens all gradients together to the norm that is allowed', () => {
    const [free, clipped] = [bench(EVERYTHING), bench(EVERYTHING, {clipNorm: 0.01})];
    const x = tf.tidy(() => tf.tensor4d(randomPixels(4, 32), [4, 32, 32, 3], 'int32'));
    for (const {step, network} of [free, clipped])
      tf.tidy(() => step({x: network.forwardFrozen(x)}));
    x.dispose();
    const names = [...free.network.trainable.keys()];
    const [whole, short] = [free, clipped].map(
      ({change}) => length(...names.map(change)) / (RATE * FIRST_STEP),
    ) as [number, number];
    expect(whole).to.be.above(0.1);
    expect(short).to.be.closeTo(0.01, 1e-5);
    for (const {norm} of [free, clipped]) expect(norm()).to.be.closeTo(whole, 1e-3 * whole);
    for (const name of ['conv1.weight', 'layer1.1.bn2.weight', 'fc.bias']) {
      expect(length(clipped.change(name)) / length(free.change(name)), name).to.be.closeTo(
        0.01 / whole,
        0.01 * (0.01 / whole),
      );
    }
  });

  it('does not clip at all where the limit is 0', () => {
    const [free, unlimited] = [bench(HEAD_ONLY), bench(HEAD_ONLY, {clipNorm: 0})];
    expect(unlimited.step({})).to.equal(free.step({}));
    expect([...unlimited.change('fc.weight')]).to.deep.equal([...free.change('fc.weight')]);
  });

  it('leaves gradients as they are below that norm', () => {
    const [free, bounded] = [bench(HEAD_ONLY), bench(HEAD_ONLY, {clipNorm: 100})];
    for (const {step} of [free, bounded]) step({});
    expect(bounded.change('fc.weight')).to.deep.equal(free.change('fc.weight'));
  });

  it('spreads a share of the target over all classes', () => {
    const logits = tf.tidy(() => {
      const {network} = bench(HEAD_ONLY);
      return network.forwardFromFrozenDepth(draw('features', [4, WIDTH])).arraySync();
    });
    const losses = logits.map((row, i) => {
      const logSum = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
      return row.reduce(
        (sum, value, c) => sum + (logSum - value) * (0.2 / 3 + (c === [0, 1, 2, 1][i] ? 0.8 : 0)),
        0,
      );
    });
    expect(bench(HEAD_ONLY, {labelSmoothing: 0.2}).step({})).to.be.closeTo(
      losses.reduce((a, b) => a + b) / 4,
      1e-5,
    );
  });

  it('leaves examples of weight 0 out, as if the batch were smaller', () => {
    const [padded, small] = [bench(HEAD_ONLY), bench(HEAD_ONLY)];
    const losses = tf.tidy(() => {
      const x = draw<Tensor2D>('features', [4, WIDTH]);
      return [
        padded.step({x, labels: [0, 1, 2, 2], weights: [1, 1, 0, 0]}),
        small.step({x: tf.slice(x, 0, 2), labels: [0, 1]}),
      ];
    });
    expect(losses[0]).to.be.closeTo(losses[1]!, 1e-6);
    const expected = small.change('fc.weight');
    padded
      .change('fc.weight')
      .forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
  });

  it('counts an example of weight 2 twice', () => {
    const [weighed, doubled] = [bench(HEAD_ONLY), bench(HEAD_ONLY)];
    const losses = tf.tidy(() => {
      const x = draw<Tensor2D>('features', [2, WIDTH]);
      const twice = tf.concat2d([x, tf.slice(x, 1, 1)], 0);
      return [
        weighed.step({x, labels: [0, 1], weights: [1, 2]}),
        doubled.step({x: twice, labels: [0, 1, 1]}),
      ];
    });
    expect(losses[0]).to.be.closeTo(losses[1]!, 1e-6);
    const expected = doubled.change('fc.weight');
    weighed
      .change('fc.weight')
      .forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-6));
  });

  it('drops what its seed says', () => {
    const loss = (seed: number): number => bench(HEAD_ONLY, {}, {dropout: 0.5}).step({seed});
    expect(loss(1)).to.equal(loss(1));
    expect(loss(1)).to.not.equal(loss(2));
  });

  it('gives every group its own rate', () => {
    const {network, optimizer, change} = bench(EVERYTHING);
    tf.tidy(() => {
      const rates = {stem: tf.scalar(0), stage1: tf.scalar(1e-3), head: tf.scalar(1e-1)};
      const x = network.forwardFrozen(tf.tensor4d(randomPixels(2, 32), [2, 32, 32, 3], 'int32'));
      const labels = tf.tensor1d([0, 1], 'int32');
      trainStep(network, optimizer, RULES, {
        x,
        labels,
        sampleWeights: tf.ones([2]),
        learningRates: rates,
        dropoutSeed: tf.tensor1d([0, 0], 'int32'),
      });
    });
    expect(length(change('conv1.weight'))).to.equal(0);
    expect(length(change('layer1.0.conv1.weight'))).to.be.above(0);
    expect(length(change('fc.weight'))).to.be.above(0);
  });

  for (const batchNorm of ['inference', 'training'] as const) {
    it(`leaves nothing on the device but the optimizer's state, batch norms with the statistics of ${batchNorm}`, () => {
      const {classifier} = bench(EVERYTHING);
      const network = createPhaseModel(classifier, {learningRates: EVERYTHING, batchNorm});
      const optimizer = createOptimizer({type: 'adamw', weightDecay: 0.1}, network.trainable);
      made.push(network, optimizer);
      const counts = [0, 1, 2].map(() => {
        tf.tidy(() => {
          const rates = {stem: tf.scalar(0.1), stage1: tf.scalar(0.1), head: tf.scalar(0.1)};
          const x = network.forwardFrozen(
            tf.tensor4d(randomPixels(2, 32), [2, 32, 32, 3], 'int32'),
          );
          const labels = tf.tensor1d([0, 1], 'int32');
          trainStep(network, optimizer, RULES, {
            x,
            labels,
            sampleWeights: tf.ones([2]),
            learningRates: rates,
            dropoutSeed: tf.tensor1d([0, 0], 'int32'),
          });
        });
        return [tf.memory().numTensors, countNativeHandles()];
      });
      expect(counts[2]).to.deep.equal(counts[1]);
      expect(counts[1]).to.deep.equal(counts[0]);
    });
  }
});
