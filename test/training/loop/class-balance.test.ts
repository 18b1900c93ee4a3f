import {expect} from 'chai';
import fc from 'fast-check';
import {createRng} from '../../../src/core/rng.js';
import {tf, type Tensor2D} from '../../../src/backend/tensorflow.js';
import {ops} from '../../../src/backend/ops/current-ops.js';
import {
  oversampleEpoch,
  computeClassWeights,
  metricForBestModel,
  countRepeats,
} from '../../../src/training/loop/class-balance.js';
import {useBackend} from '../../helpers/backend.js';

const LABELS = Int32Array.of(0, 0, 0, 1, 2, 0);

/** PyTorch 2.14 on LABELS and the logits below: losses of `cross_entropy(reduction='none')` times [0.5, 2, 2] of the labels, over their sum. */
const TORCH = [
  {
    smoothing: 0,
    loss: 1.6153771902920566,
    gradient: [0.16650590993773828, -0.29618084298326575, 0.12967493304552738],
  },
  {
    smoothing: 0.1,
    loss: 1.5848216347365012,
    gradient: [0.1553947988266272, -0.27395862076104355, 0.1185638219344163],
  },
];

describe('the weights of classes', () => {
  useBackend();

  it("are scikit-learn's balanced ones", () => {
    // compute_class_weight('balanced') of scikit-learn 1.9.1
    expect([...computeClassWeights(LABELS)]).to.deep.equal([[0, 0.5], [1, 2], [2, 2]]); // prettier-ignore
  });

  it('let no image weigh more than a hundred of another class', () => {
    const labels = Int32Array.from({length: 1001}, (_, i) => (i === 0 ? 1 : 0));
    const weights = computeClassWeights(labels);
    expect(weights.get(1)! / weights.get(0)!).to.be.closeTo(100, 1e-4);
  });

  for (const {smoothing, loss, gradient} of TORCH) {
    it(`give PyTorch's weighted loss and gradient, ${smoothing} of the target smoothed`, () => {
      const weights = computeClassWeights(LABELS);
      tf.tidy(() => {
        const logits = tf.tensor2d(
          Array.from({length: 6}, (_, i) => [0, 1, 2].map(j => (((i * 7 + j * 5) % 11) - 5) / 4)),
          [6, 3],
        );
        const exampleWeights = tf.tensor1d([...LABELS].map(label => weights.get(label)!));
        const of = (given: Tensor2D) =>
          ops().softmaxCrossEntropy(given, tf.tensor1d(LABELS, 'int32'), exampleWeights, smoothing);
        const {value, grad} = tf.valueAndGrad(x => of(x as Tensor2D))(logits);
        expect(value.dataSync()[0]).to.be.closeTo(loss, 1e-6);
        [...grad.dataSync()]
          .slice(9, 12)
          .forEach((slope, i) => expect(slope).to.be.closeTo(gradient[i]!, 1e-6));
      });
    });
  }
});

const anyLabels = fc
  .record({
    sizes: fc.array(fc.integer({min: 0, max: 40}), {minLength: 1, maxLength: 6}),
    seed: fc.integer(),
    phase: fc.nat(3),
  })
  .filter(({sizes}) => sizes.some(size => size > 0))
  .map(({sizes, seed, phase}) => {
    const labels = Int32Array.from(sizes.flatMap((size, label) => Array<number>(size).fill(label)));
    return {
      labels,
      sizes: sizes.filter(size => size > 0),
      at: (epoch: number) => ({seed, phase, epoch}),
    };
  });

const tally = (keys: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

const expectWithinOne = (counts: readonly number[]): void =>
  void expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);

/** How often each image of each class is shown, those that are not with 0. */
const byClass = (labels: Int32Array, order: readonly number[]): number[][] => {
  const counts = tally(order);
  return [...new Set(labels)].map(label =>
    [...labels.keys()].filter(i => labels[i] === label).map(i => counts.get(i) ?? 0),
  );
};

describe('whatever the sizes of classes, a balanced order', () => {
  it('is as long as there are images, and shows the classes within one of each other', () => {
    fc.assert(
      fc.property(anyLabels, fc.nat(50), ({labels, at}, epoch) => {
        const order = oversampleEpoch(labels, at(epoch));
        expect(order).to.have.length(labels.length);
        expectWithinOne(byClass(labels, order).map(counts => counts.reduce((a, b) => a + b)));
      }),
      {seed: 1},
    );
  });

  it('shows the images of a class within one of each other, in an epoch and over any number of them', () => {
    fc.assert(
      fc.property(anyLabels, fc.nat(9), ({labels, at}, epochs) => {
        const orders = Array.from({length: epochs + 1}, (_, epoch) =>
          oversampleEpoch(labels, at(epoch)),
        );
        orders.forEach(order => byClass(labels, order).forEach(expectWithinOne));
        byClass(labels, orders.flat()).forEach(expectWithinOne);
      }),
      {seed: 2},
    );
  });

  it('is the same for the same seed, phase and epoch', () => {
    fc.assert(
      fc.property(anyLabels, fc.nat(50), ({labels, at}, epoch) => {
        expect(oversampleEpoch(labels, at(epoch))).to.deep.equal(
          oversampleEpoch(labels, at(epoch)),
        );
      }),
      {seed: 3},
    );
  });

  it('differs between seeds, phases and epochs', () => {
    const labels = Int32Array.from({length: 40}, (_, i) => (i < 32 ? 0 : 1));
    const draws = [{}, {seed: 2}, {phase: 1}, {epoch: 1}].map(other =>
      oversampleEpoch(labels, {seed: 1, phase: 0, epoch: 0, ...other}),
    );
    expect(new Set(draws.map(String)).size).to.equal(4);
  });

  it('is every image once where the classes are of one size', () => {
    const labels = Int32Array.from({length: 30}, (_, i) => i % 3);
    for (const epoch of [0, 1, 7]) {
      const order = oversampleEpoch(labels, {seed: 1, phase: 0, epoch});
      expect(order.toSorted((a, b) => a - b)).to.deep.equal([...labels.keys()]);
    }
  });
});

describe('the turns of an order', () => {
  it('count what has come before', () => {
    expect(countRepeats([3, 1, 3, 3, 1])).to.deep.equal([0, 0, 1, 2, 1]);
  });

  it('are 0 where nothing comes again', () => {
    const stream = createRng('turns');
    expect(
      new Set(countRepeats(Array.from({length: 20}, (_, i) => 20 * i + stream.integer(20)))),
    ).to.deep.equal(new Set([0]));
  });
});

describe('the best epoch', () => {
  it('is chosen by what training aims at', () => {
    expect([
      metricForBestModel('none'),
      metricForBestModel('weighted-loss'),
      metricForBestModel('oversample'),
    ]).to.deep.equal(['accuracy', 'balancedAccuracy', 'balancedAccuracy']);
  });
});
