import {expect} from 'chai';
import fc from 'fast-check';
import {ops} from '../../src/engine/current-ops.js';
import {tf} from '../../src/engine/tensorflow.js';
import {random} from '../../src/core/random.js';
import {groupBy} from '../../src/datasets/group-by.js';
import {balancedOrder, classWeights} from '../../src/training/balance.js';
import {useEngine} from '../helpers/engine.js';

const anyLabels = fc.array(fc.integer({min: 0, max: 5}), {minLength: 1, maxLength: 120}).map(labels => Int32Array.from(labels));

const countsOf = (items: Iterable<number>): number[] => [...groupBy(items, item => item).values()].map(({length}) => length);

describe('classWeights', () => {
  it("are scikit-learn's balanced weights", () => {
    // compute_class_weight('balanced', classes=[0, 1, 2], y=[0]*6 + [1]*3 + [2]) of scikit-learn 1.9
    const weights = classWeights(Int32Array.of(0, 0, 0, 1, 2, 0, 1, 0, 1, 0));
    const found = [0, 1, 2].map(label => weights.get(label)!);
    [0.5555555555555556, 1.1111111111111112, 3.3333333333333335].forEach((weight, i) => expect(found[i]).to.be.closeTo(weight, 1e-12));
  });
});

describe('a loss with class weights', () => {
  useEngine();

  it("is torch.nn.functional.cross_entropy's with `weight`", () => {
    // cross_entropy(logits, [0, 1, 2, 0], weight=[0.5, 1, 4]) of PyTorch 2.14
    const loss = tf.tidy(() => {
      const logits = tf.tensor2d([2, 1, 0, 0, 0.5, -1, 1, 1, 1, -2, 0, 3], [4, 3]);
      return ops()
        .softmaxCrossEntropy(logits, tf.tensor1d([0, 1, 2, 0], 'int32'), tf.tensor1d([0.5, 1, 4, 0.5]), 0)
        .dataSync()[0]!;
    });
    expect(loss).to.be.closeTo(1.2883, 5e-5);
  });
});

describe('balancedOrder', () => {
  it('shows every class as often as every other but for one, in as many images as there are', () => {
    fc.assert(
      fc.property(anyLabels, fc.integer(), (labels, seed) => {
        const order = balancedOrder(labels, random(seed));
        expect(order).to.have.length(labels.length);
        const shown = order.map(index => labels[index]!);
        const counts = countsOf(shown);
        expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
      }),
      {seed: 1},
    );
  });

  it('shows every image of a class as often as every other of it, but for one time', () => {
    fc.assert(
      fc.property(anyLabels, fc.integer(), (labels, seed) => {
        const order = balancedOrder(labels, random(seed));
        const times = labels.map((_, index) => order.filter(shown => shown === index).length);
        for (const images of groupBy([...labels.keys()], index => labels[index]!).values()) {
          const of = images.map(index => times[index]!);
          expect(Math.max(...of) - Math.min(...of)).to.be.at.most(1);
        }
      }),
      {seed: 2},
    );
  });

  it('is the same for the same stream, and another for another', () => {
    const labels = Int32Array.from({length: 50}, (_, i) => (i < 40 ? 0 : 1));
    expect(balancedOrder(labels, random(1, 'a'))).to.deep.equal(balancedOrder(labels, random(1, 'a')));
    expect(balancedOrder(labels, random(1, 'a'))).to.not.deep.equal(balancedOrder(labels, random(1, 'b')));
  });

  it('is a plain shuffle of classes of one size', () => {
    const labels = Int32Array.from({length: 20}, (_, i) => i % 4);
    expect([...balancedOrder(labels, random(3))].sort((a, b) => a - b)).to.deep.equal([...labels.keys()]);
  });
});
