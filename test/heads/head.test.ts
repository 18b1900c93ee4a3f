import {expect} from 'chai';
import {
  disposeWeights,
  toHost,
  loadStateDict,
  toDevice,
  type ParameterMap,
} from '../../src/backbones/parameters.js';
import {ops} from '../../src/backend/ops/current-ops.js';
import {tf, type Tensor1D, type Tensor2D, type Tensor4D} from '../../src/backend/tensorflow.js';
import {
  denseLayers,
  headForward,
  headShapes,
  MLP_HIDDEN_WIDTH,
  initializeHead,
  poolFeatures,
  type HeadSpec,
} from '../../src/heads/head.js';
import {useBackend} from '../helpers/backend.js';
import {draw} from '../helpers/gradients.js';
import {hashed} from '../helpers/hashed-weights.js';

const LINEAR: HeadSpec = {type: 'linear', pooling: 'avg', dropout: 0};
const WIDTH = 6;

/** A head's variables and what it makes of features, `[n, classes]`. */
function withHead<T extends number | number[] | void>(
  head: HeadSpec,
  classes: number,
  use: (weights: ParameterMap, logits: (x: Tensor2D, seed?: Tensor1D) => Tensor2D) => T,
): T {
  const layers = denseLayers(head, WIDTH, classes);
  const weights = toDevice(initializeHead(head, WIDTH, classes, 1));
  try {
    return tf.tidy(() => use(weights, (x, seed) => headForward(head, weights, layers, x, seed)));
  } finally {
    disposeWeights(weights);
  }
}

/** Gives a head that starts at zero something to say. */
const fill = (weights: ParameterMap): void =>
  loadStateDict(
    weights,
    new Map([...toHost(weights)].map(([name, {shape}]) => [name, hashed(name, shape)])),
  );

describe('a head', () => {
  useBackend();

  for (const type of ['linear', 'mlp'] as const) {
    for (const pooling of ['avg', 'avg+max'] as const) {
      for (const classes of [2, 3, 37]) {
        it(`(${type}, ${pooling}) of ${classes} classes has a first loss of ln(${classes})`, () => {
          const head: HeadSpec = {type, pooling, dropout: 0.5};
          const loss = withHead(head, classes, (_, logits) => {
            const features = poolFeatures(
              head,
              tf.abs(draw<Tensor4D>('features', [5, 3, 2, WIDTH])),
            );
            const labels = tf.tensor1d([0, 1, 1, 0, classes - 1], 'int32');
            return ops()
              .softmaxCrossEntropy(
                logits(features, tf.tensor1d([1, 2], 'int32')),
                labels,
                tf.ones([5]),
                0.1,
              )
              .dataSync()[0]!;
          });
          expect(loss).to.be.closeTo(Math.log(classes), 1e-6);
        });
      }
    }
  }

  it('pools a feature map to its means, or to means and maxima', () => {
    const map = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, -60], [1, 2, 2, 2]);
    const [average, both] = tf.tidy(() => [
      poolFeatures(LINEAR, map).arraySync(),
      poolFeatures({...LINEAR, pooling: 'avg+max'}, map).arraySync(),
    ]);
    map.dispose();
    expect(average).to.deep.equal([[3, 0]]);
    expect(both).to.deep.equal([[3, 0, 6, 30]]);
  });

  it('is as wide as what it stands on, and named as torchvision and torch name it', () => {
    expect(Object.fromEntries(headShapes(denseLayers(LINEAR, 512, 3)))).to.deep.equal({
      'fc.weight': [3, 512],
      'fc.bias': [3],
    });
    expect(
      Object.fromEntries(headShapes(denseLayers({...LINEAR, pooling: 'avg+max'}, 512, 3))),
    ).to.deep.equal({
      'fc.weight': [3, 1024],
      'fc.bias': [3],
    });
    expect(
      Object.fromEntries(
        headShapes(denseLayers({...LINEAR, type: 'mlp', pooling: 'avg+max'}, 512, 3)),
      ),
    ).to.deep.equal({
      'fc.0.weight': [MLP_HIDDEN_WIDTH, 1024],
      'fc.0.bias': [MLP_HIDDEN_WIDTH],
      'fc.3.weight': [3, MLP_HIDDEN_WIDTH],
      'fc.3.bias': [3],
    });
  });

  it('of type linear starts at zero; of type mlp only where the logits come from', () => {
    const everyZero = (data: Float32Array | undefined): boolean =>
      data!.every(value => value === 0);
    for (const {data} of initializeHead(LINEAR, 512, 5, 1).values())
      expect(everyZero(data)).to.equal(true);
    const mlp = initializeHead({...LINEAR, type: 'mlp'}, 512, 5, 1);
    expect(
      ['fc.0.bias', 'fc.3.weight', 'fc.3.bias'].every(name => everyZero(mlp.get(name)?.data)),
    ).to.equal(true);
    const {data} = mlp.get('fc.0.weight')!;
    expect(data.reduce((sum, value) => sum + value ** 2, 0) / data.length).to.be.closeTo(
      2 / 512,
      0.02 * (2 / 512),
    );
  });

  it('depends on the seed', () => {
    const hidden = (seed: number): Float32Array =>
      initializeHead({...LINEAR, type: 'mlp'}, 8, 2, seed).get('fc.0.weight')!.data;
    expect(hidden(1)).to.deep.equal(hidden(1));
    expect(hidden(1)).to.not.deep.equal(hidden(2));
  });

  for (const type of ['linear', 'mlp'] as const) {
    it(`of type ${type} drops features in training only, the same ones for the same seed`, () => {
      withHead({type, pooling: 'avg', dropout: 0.5}, 4, (weights, logits) => {
        fill(weights);
        const x = tf.add<Tensor2D>(tf.abs(draw('x', [3, WIDTH])), 0.1);
        const run = (...seed: number[]): number[] => [
          ...logits(x, seed.length === 0 ? undefined : tf.tensor1d(seed, 'int32')).dataSync(),
        ];
        expect(run()).to.deep.equal(run());
        expect(run(1, 2)).to.deep.equal(run(1, 2));
        expect(run(1, 2)).to.not.deep.equal(run(1, 3));
        expect(run(1, 2)).to.not.deep.equal(run());
      });
    });
  }

  it('without dropout is the same in training as outside of it', () => {
    withHead(LINEAR, 4, (weights, logits) => {
      fill(weights);
      const x = draw<Tensor2D>('x', [3, WIDTH]);
      expect(logits(x, tf.tensor1d([1, 2], 'int32')).dataSync()).to.deep.equal(
        logits(x).dataSync(),
      );
    });
  });

  it('drops the share that it is told, and what is left makes up for it', () => {
    const head: HeadSpec = {...LINEAR, dropout: 0.25};
    const layers = denseLayers(head, 4000, 1);
    const mean = tf.tidy(() => {
      const weights: ParameterMap = toDevice(
        new Map([
          ['fc.weight', {shape: [1, 4000], data: new Float32Array(4000).fill(1 / 4000)}],
          ['fc.bias', {shape: [1], data: new Float32Array(1)}],
        ]),
      );
      const value = headForward(
        head,
        weights,
        layers,
        tf.ones([1, 4000]),
        tf.tensor1d([3, 4], 'int32'),
      ).dataSync()[0]!;
      disposeWeights(weights);
      return value;
    });
    // Standard deviation of the mean: sqrt(0.25 / 0.75 / 4000) = 0.0091.
    expect(mean).to.be.closeTo(1, 0.05);
    expect(mean).to.not.equal(1);
  });

  it('of type mlp drops of its hidden layer, not of the features', () => {
    withHead({type: 'mlp', pooling: 'avg', dropout: 0.5}, 3, (weights, logits) => {
      fill(weights);
      const [x, seed] = [draw<Tensor2D>('x', [2, WIDTH]), tf.tensor1d([5, 6], 'int32')];
      const matrix = (name: string): Tensor2D => weights.get(name) as unknown as Tensor2D;
      const hidden = tf.relu(
        tf.add<Tensor2D>(tf.matMul(x, matrix('fc.0.weight')), matrix('fc.0.bias')),
      );
      const expected = tf.add(
        tf.matMul(ops().dropout(hidden, 0.5, seed), matrix('fc.3.weight')),
        matrix('fc.3.bias'),
      );
      expect(logits(x, seed).dataSync()).to.deep.equal(expected.dataSync());
    });
  });

  it("of type mlp computes what torch's Sequential(Linear, ReLU, Dropout, Linear) does", () => {
    const head: HeadSpec = {type: 'mlp', pooling: 'avg', dropout: 0};
    const found = withHead(head, 3, (weights, logits) => {
      fill(weights);
      return [...logits(draw('x', [2, WIDTH])).dataSync()];
    });
    const dense = (name: string, inputs: readonly number[], outputs: number): number[] => {
      const [w, b] = [
        hashed(`${name}.weight`, [outputs, inputs.length]).data,
        hashed(`${name}.bias`, [outputs]).data,
      ];
      return Array.from({length: outputs}, (_, o) =>
        inputs.reduce((sum, value, i) => sum + value * w[o * inputs.length + i]!, b[o]!),
      );
    };
    const x = tf.tidy(() => draw<Tensor2D>('x', [2, WIDTH]).arraySync());
    const expected = x.flatMap(row =>
      dense(
        'fc.3',
        dense('fc.0', row, MLP_HIDDEN_WIDTH).map(value => Math.max(0, value)),
        3,
      ),
    );
    found.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-4));
  });
});
