import {expect} from 'chai';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {tf, type Tensor, type Variable} from '../../../src/backend/tensorflow.js';
import {
  createOptimizer,
  OPTIMIZERS,
  type Optimizer,
  type OptimizerName,
  type OptimizerSpec,
} from '../../../src/training/loop/optimizer.js';
import {useBackend} from '../../helpers/backend.js';

/**
 * After each of five updates, the matrix and the vector; PyTorch 2.13:
 *
 *     import torch
 *     def run(make):
 *         w = torch.nn.Parameter((torch.arange(6) / 5 - .5).reshape(2, 3)); b = torch.nn.Parameter(torch.tensor([.3, -.2]))
 *         o = make([{"params": [w], "weight_decay": .1}, {"params": [b], "weight_decay": 0.}])
 *         for k in range(5):
 *             w.grad = torch.sin(torch.arange(6.) + k).reshape(2, 3); b.grad = torch.cos(torch.arange(2.) + k); o.step()
 *             print([round(v, 7) for v in w.flatten().tolist() + b.tolist()])
 *     run(lambda g: torch.optim.AdamW(g, lr=.05))
 *     run(lambda g: torch.optim.SGD(g, lr=.05, momentum=.9, nesterov=True))
 *
 * Lion is computed from algorithm 2 of its paper (https://arxiv.org/abs/2302.06675) in float64, with the same weights and gradients:
 *
 *     c = .9 * m + .1 * g; w -= lr * (sign(c) + weight_decay * w); m = .99 * m + .01 * g
 */
const EXPECTED: Readonly<Record<OptimizerSpec['type'], readonly (readonly number[])[]>> = {
  adamw: [
    [-0.4975, -0.3485, -0.1495, 0.0495, 0.3485, 0.5475, 0.25, -0.25],
    [-0.5322194, -0.3968209, -0.1875675, 0.0796911, 0.3967191, 0.5873399, 0.2028344, -0.253827],
    [-0.5725358, -0.4369045, -0.1894929, 0.1189303, 0.4395089, 0.5943277, 0.1795913, -0.2291939],
    [-0.607942, -0.4490789, -0.1721413, 0.1564386, 0.4562816, 0.5790781, 0.1832711, -0.1975822],
    [-0.6183807, -0.4419731, -0.1527343, 0.1715979, 0.4514904, 0.5591449, 0.1966704, -0.1769625],
  ],
  sgd: [
    [-0.49525, -0.3770897, -0.1854332, 0.0856436, 0.3690462, 0.5863478, 0.205, -0.2513287],
    [-0.5684599, -0.4927552, -0.2334996, 0.1506059, 0.4860736, 0.6441334, 0.1131713, -0.233677],
    [-0.6796941, -0.5663579, -0.1971288, 0.2650683, 0.5718341, 0.6176723, 0.094373, -0.1424678],
    [-0.7483938, -0.5511906, -0.1065315, 0.3496369, 0.5707861, 0.5264634, 0.1527772, -0.042833],
    [-0.7279258, -0.4778107, -0.0414761, 0.3486324, 0.502569, 0.4475234, 0.2228875, -0.0095236],
  ],
  lion: [
    [-0.4975, -0.3485, -0.1495, 0.0495, 0.3485, 0.5475, 0.25, -0.25],
    [-0.5450125, -0.3967575, -0.1987525, 0.0992525, 0.3967575, 0.5947625, 0.2, -0.2],
    [-0.5922874, -0.4447737, -0.1477587, 0.1487562, 0.4447737, 0.5417887, 0.25, -0.15],
    [-0.639326, -0.3925498, -0.0970199, 0.1980125, 0.3925498, 0.4890797, 0.3, -0.1],
    [-0.5861294, -0.3405871, -0.0465348, 0.1470224, 0.3405871, 0.4366343, 0.35, -0.15],
  ],
};
const RATE = 0.05;
const FIVE = [0, 1, 2, 3, 4];

/** A weight and its gradient at an update. */
interface Moved {
  readonly variable: Variable;
  gradient(update: number): number[];
}

type Weights = Readonly<Record<'matrix' | 'vector', Moved>>;

const makeWeights = (): Weights => ({
  matrix: {
    variable: tf.tidy(() => tf.variable(tf.tensor2d([-0.5, -0.3, -0.1, 0.1, 0.3, 0.5], [2, 3]))),
    gradient: update => [0, 1, 2, 3, 4, 5].map(i => Math.sin(i + update)),
  },
  vector: {
    variable: tf.tidy(() => tf.variable(tf.tensor1d([0.3, -0.2]))),
    gradient: update => [0, 1].map(i => Math.cos(i + update)),
  },
});

const valuesOf = ({matrix, vector}: Weights): number[] => [
  ...matrix.variable.dataSync(),
  ...vector.variable.dataSync(),
];

const update = (optimizer: Optimizer, weights: Weights, number: number): void =>
  tf.tidy(() => {
    const gradients = Object.entries(weights).map(
      ([name, {variable, gradient}]: [string, Moved]) => [
        name,
        tf.tensor(gradient(number), variable.shape),
      ],
    );
    const rate = tf.scalar(RATE);
    optimizer.update(new Map(gradients as [string, Tensor][]), () => rate);
  });

function run(optimizer: Optimizer, weights: Weights, updates: readonly number[]): number[][] {
  return updates.map(number => {
    update(optimizer, weights, number);
    return valuesOf(weights);
  });
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  found.forEach((value, i) => expect(value, `value ${i}`).to.be.closeTo(expected[i]!, 2e-6));
}

describe('an optimizer', () => {
  useBackend();

  const made: {dispose(): void}[] = [];
  const start = (spec: OptimizerSpec): {optimizer: Optimizer; weights: Weights} => {
    const weights = makeWeights();
    const optimizer = createOptimizer(
      spec,
      new Map(Object.entries(weights).map(([name, {variable}]) => [name, variable])),
    );
    made.push(optimizer, ...Object.values(weights).map(({variable}) => variable));
    return {optimizer, weights};
  };
  afterEach(() => made.splice(0).forEach(thing => thing.dispose()));

  for (const type of Object.keys(OPTIMIZERS) as OptimizerName[]) {
    it(`of type ${type} takes the reference's steps, and decays only the matrix`, () => {
      const {optimizer, weights} = start({type, weightDecay: 0.1});
      run(optimizer, weights, FIVE).forEach((values, i) => expectClose(values, EXPECTED[type][i]!));
    });

    it(`of type ${type} goes on from a state that was put away, to the same numbers`, () => {
      const {optimizer, weights} = start({type, weightDecay: 0.1});
      run(optimizer, weights, [0, 1, 2]);
      const state = optimizer.state();
      const values = Object.values(weights).map(({variable}) => variable.dataSync().slice());
      const whole = run(optimizer, weights, [3, 4]);
      const {optimizer: other, weights: copies} = start({type, weightDecay: 0.1});
      run(other, copies, [0]);
      other.restore(state);
      Object.values(copies).forEach(({variable}, i) =>
        tf.tidy(() => variable.assign(tf.tensor(values[i]!, variable.shape))),
      );
      expect(run(other, copies, [3, 4])).to.deep.equal(whole);
    });

    it(`of type ${type} refuses a state that belongs to other weights`, () => {
      const {optimizer} = start({type, weightDecay: 0.1});
      const [name] = [...optimizer.state().keys()].filter(key => key.startsWith('matrix'));
      const restoring = (key: string, shape: readonly number[]) => (): void =>
        optimizer.restore(new Map([[key, {shape, data: new Float32Array(4)}]]));
      expect(restoring('stranger/first', [2, 2])).to.throw(
        'The state of stranger/first has shape [2,2] instead of [undefined].',
      );
      expect(restoring(name!, [2, 2])).to.throw(
        `The state of ${name} has shape [2,2] instead of [2,3].`,
      );
    });

    it(`of type ${type} lets nothing decay without weight decay`, () => {
      const [decaying, still] = [start({type, weightDecay: 0.1}), start({type, weightDecay: 0})];
      const [moved, kept] = [
        run(decaying.optimizer, decaying.weights, [0])[0]!,
        run(still.optimizer, still.weights, [0])[0]!,
      ];
      expect(kept.slice(6)).to.deep.equal(moved.slice(6));
      // The matrix's -0.5 has a gradient of 0 at first: only decay moves it.
      expect([kept[0], moved[0]! > -0.5]).to.deep.equal([-0.5, true]);
    });

    it(`of type ${type} keeps its state by the names of weights, and lets go of it`, () => {
      const before = [tf.memory().numTensors, countNativeHandles()];
      const {optimizer, weights} = start({type, weightDecay: 0.1});
      run(optimizer, weights, [0]);
      const parts = {adamw: ['first', 'second'], sgd: ['velocity'], lion: ['momentum']}[type];
      const names = ['matrix', 'vector'].flatMap(name => parts.map(part => `${name}/${part}`));
      expect([...optimizer.state().keys()]).to.have.members(
        type === 'adamw' ? ['step', ...names] : names,
      );
      expect(optimizer.state().get(`matrix/${parts.at(-1)!}`)!.shape).to.deep.equal([2, 3]);
      made.splice(0).forEach(thing => thing.dispose());
      expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
    });
  }
});
