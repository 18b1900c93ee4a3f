import {expect} from 'chai';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {LOWEST_FLOAT, type Ops} from '../../src/backend/ops/ops.js';
import {
  tf,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from '../../src/backend/tensorflow.js';
import {distanceFromDifferences, draw, gradientsOf, largestDifference} from './gradients.js';

/** An operation as a function of the inputs that have a gradient, and such inputs. */
export interface Example {
  readonly name: string;
  operation(ops: Ops, ...inputs: Tensor[]): Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** Of the central differences; none where the operation has corners. */
  readonly step?: number;
}

const CONVOLUTIONS = [
  {size: 1, stride: 1, padding: 0},
  {size: 1, stride: 2, padding: 0},
  {size: 3, stride: 1, padding: 0},
  {size: 3, stride: 1, padding: 1},
  {size: 3, stride: 2, padding: 1},
  {size: 7, stride: 2, padding: 3},
  {size: 7, stride: 1, padding: 3},
];
const IMAGE_SIZES = [
  [9, 11],
  [10, 8],
] as const;

const convolution = (
  size: number,
  stride: number,
  padding: number,
  height: number,
  width: number,
): Example => ({
  name: `convolution ${size}x${size}, stride ${stride}, padding ${padding}, on ${height}x${width}`,
  operation: (ops, x, filter) => ops.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding),
  shapes: [
    [2, height, width, 3],
    [size, size, 3, 4],
  ],
  step: 1,
});

/** From 4 groups of 2 channels to 4 groups of 3. */
const groupedConvolution = (size: number, stride: number, padding: number): Example => ({
  name: `convolution in groups, ${size}x${size}, stride ${stride}, padding ${padding}`,
  operation: (ops, x, filter) => ops.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding),
  shapes: [
    [2, 9, 8, 8],
    [size, size, 2, 12],
  ],
  step: 1,
});

const pool = (size: number, stride: number, padding: number): Example => ({
  name: `max pool ${size}x${size}, stride ${stride}, padding ${padding}`,
  operation: (ops, x) => {
    const negative = tf.sub<Tensor4D>(x, 2);
    return ops.maxPool(
      padding === 0 ? negative : ops.pad(negative, padding, LOWEST_FLOAT),
      size,
      stride,
    );
  },
  shapes: [[2, 9, 8, 3]],
});

const images = [3, 5, 4, 3];
const perChannel = [3];

const crossEntropy = (smoothing: number): Example => ({
  name: `cross-entropy with ${smoothing} of smoothing`,
  operation: (ops, logits) =>
    ops.softmaxCrossEntropy(
      logits as Tensor2D,
      tf.tensor1d([2, 0, 1, 2], 'int32'),
      tf.tensor1d([1, 1, 0.5, 0]),
      smoothing,
    ),
  shapes: [[4, 3]],
  step: 1e-2,
});

/** Every operation of `Ops` that has a gradient. */
export const EXAMPLES: readonly Example[] = [
  groupedConvolution(3, 1, 1),
  groupedConvolution(3, 2, 1),
  groupedConvolution(1, 2, 0),
  ...CONVOLUTIONS.flatMap(({size, stride, padding}) =>
    IMAGE_SIZES.map(([height, width]) => convolution(size, stride, padding, height, width)),
  ),
  {
    name: 'batch norm of the batch',
    operation: (ops, x, gamma, beta) =>
      ops.batchNormTraining(x as Tensor4D, gamma as Tensor1D, beta as Tensor1D, 1e-5).y,
    shapes: [images, perChannel, perChannel],
    step: 1e-2,
  },
  {
    name: 'bias',
    operation: (ops, x, bias) => ops.biasAdd(x as Tensor4D, bias as Tensor1D),
    shapes: [images, perChannel],
    step: 1,
  },
  {name: 'relu', operation: (ops, x) => ops.relu(x), shapes: [images]},
  {name: 'sum', operation: (ops, a, b) => ops.add(a, b), shapes: [images, images], step: 1},
  pool(3, 2, 1),
  pool(3, 1, 1),
  pool(2, 2, 0),
  {
    name: 'global average pool',
    operation: (ops, x) => ops.averagePoolGlobal(x as Tensor4D),
    shapes: [images],
    step: 1,
  },
  {
    name: 'global max pool',
    operation: (ops, x) => ops.maxPoolGlobal(x as Tensor4D),
    shapes: [images],
  },
  crossEntropy(0),
  crossEntropy(0.1),
];

export const inputsOf = ({shapes}: Example): Tensor[] =>
  shapes.map((shape, i) => draw(`input ${i}`, shape));

const values = (tensor: Tensor): number[] => Array.from(tensor.dataSync());
const square = (numbers: readonly number[]): Tensor4D => {
  const side = Math.sqrt(numbers.length);
  return tf.tensor4d([...numbers], [1, side, side, 1]);
};
const vector = (...numbers: number[]): Tensor1D => tf.tensor1d(numbers);

/** What holds of any implementation, on any backend, without another to compare with. */
export function describeOperations(implementation: string, ops: Ops): void {
  describe(`${implementation} operations`, () => {
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    it('pad a convolution on every side, as PyTorch does, at stride 2 too', () => {
      const ones = square(Array(16).fill(1));
      expect(values(ops.conv2d(ones, tf.ones([3, 3, 1, 1]), 2, 1))).to.deep.equal([4, 6, 6, 9]);
    });

    it('correlate, not convolve, and add the bias', () => {
      const corner = tf.tensor4d([0, 0, 0, 1], [2, 2, 1, 1]);
      expect(
        values(ops.convBias(square([1, 2, 3, 4, 5, 6, 7, 8, 9]), corner, vector(100), 1, 0)),
      ).to.deep.equal([105, 106, 108, 109]);
    });

    it('normalize by the statistics of the batch and tell them, the variance biased', () => {
      const {y, statistics} = ops.batchNormTraining(square([1, 1, 3, 3]), vector(10), vector(5), 0);
      expect(values(y)).to.deep.equal([-5, -5, 15, 15]);
      expect(values(statistics.mean)).to.deep.equal([2]);
      expect(values(statistics.variance)[0]).to.be.closeTo(1, 1e-6);
    });

    it('never let the border win a maximum', () => {
      expect(
        values(ops.maxPool(ops.pad(square([-1, -2, -3, -4]), 1, LOWEST_FLOAT), 3, 2)),
      ).to.deep.equal([-1]);
    });

    for (const stride of [1, 2]) {
      it(`convolve each group of channels by itself, stride ${stride}`, () => {
        const x = draw<Tensor4D>('x', [2, 9, 8, 8]);
        const filter = draw<Tensor4D>('filter', [3, 3, 2, 12]);
        const [xs, filters]: Tensor4D[][] = [tf.split(x, 4, 3), tf.split(filter, 4, 3)];
        const expected = tf.concat4d(
          xs!.map((group, i) => ops.conv2d(group, filters![i]!, stride, 1)),
          3,
        );
        const bias = tf.range(0, 12) as Tensor1D;
        const found = ops.conv2d(x, filter, stride, 1);
        const biased = ops.convBias(x, filter, bias, stride, 1);
        expect(largestDifference(found, expected)).to.be.below(1e-5);
        expect(largestDifference(biased, tf.add(expected, bias))).to.be.below(1e-5);
      });
    }

    it('pool a whole map to its mean and to its maximum', () => {
      expect(values(ops.averagePoolGlobal(square([1, 2, 3, 6])))).to.deep.equal([3]);
      expect(values(ops.maxPoolGlobal(square([1, 2, 3, 6])))).to.deep.equal([6]);
    });

    it('give ln(classes) for the cross-entropy of equal logits, however smooth the target', () => {
      for (const smoothing of [0, 0.1]) {
        const loss = ops.softmaxCrossEntropy(
          tf.zeros([2, 5]),
          tf.tensor1d([3, 1], 'int32'),
          vector(1, 1),
          smoothing,
        );
        expect(values(loss)[0]).to.be.closeTo(Math.log(5), 1e-6);
      }
    });

    it('leave an example of weight 0 out of the mean loss', () => {
      const logits = tf.tensor2d([2, 0, 0, 9], [2, 2]);
      const loss = ops.softmaxCrossEntropy(logits, tf.tensor1d([0, 0], 'int32'), vector(1, 0), 0);
      expect(values(loss)[0]).to.be.closeTo(Math.log(1 + Math.exp(-2)), 1e-6);
    });

    it('smooth the target over all classes', () => {
      const loss = ops.softmaxCrossEntropy(
        tf.tensor2d([[1, 0]]),
        tf.tensor1d([0], 'int32'),
        vector(1),
        0.1,
      );
      expect(values(loss)[0]).to.be.closeTo(
        0.95 * Math.log(1 + Math.exp(-1)) + 0.05 * Math.log(1 + Math.E),
        1e-6,
      );
    });

    it('drop the share asked for, scale the rest up, and repeat themselves with the same seed only', () => {
      const dropped = (seed: number): Tensor2D =>
        ops.dropout(tf.ones([100, 100]), 0.25, tf.tensor1d([7, seed], 'int32'));
      const zeros = values(dropped(1)).filter(value => value === 0).length;
      expect(zeros).to.be.within(2300, 2700);
      expect(tf.max(dropped(1)).dataSync()[0]).to.be.closeTo(4 / 3, 1e-6);
      expect(largestDifference(dropped(1), dropped(1))).to.equal(0);
      expect(largestDifference(dropped(1), dropped(2))).to.be.above(1);
    });

    it('let gradients through dropout where its values went', () => {
      const seed = tf.tensor1d([7, 1], 'int32');
      const drop = (x: Tensor): Tensor => ops.dropout(x as Tensor2D, 0.5, seed);
      expect(
        largestDifference(tf.grad(x => tf.sum(drop(x)))(tf.ones([8, 8])), drop(tf.ones([8, 8]))),
      ).to.equal(0);
    });

    for (const example of EXAMPLES.filter(({step}) => step !== undefined)) {
      it(`have the gradient that differences show: ${example.name}`, () => {
        const operation = (...inputs: Tensor[]): Tensor => example.operation(ops, ...inputs);
        expect(distanceFromDifferences(operation, inputsOf(example), example.step!)).to.be.below(
          2e-3,
        );
      });
    }

    it('send the gradient of a maximum and of a relu only where the value came from', () => {
      const map = square([1, 4, 3, 2]);
      expect(values(tf.grad(x => tf.sum(ops.maxPool(x as Tensor4D, 2, 2)))(map))).to.deep.equal([
        0, 1, 0, 0,
      ]);
      expect(values(tf.grad(x => tf.sum(ops.maxPoolGlobal(x as Tensor4D)))(map))).to.deep.equal([
        0, 1, 0, 0,
      ]);
      expect(values(tf.grad(x => tf.sum(ops.relu(x)))(vector(-1, 0, 2)))).to.deep.equal([0, 0, 1]);
    });

    it('leave no tensor and no native handle behind, forward and backward', () => {
      const inputs = EXAMPLES.map(inputsOf);
      const runAll = (): void =>
        EXAMPLES.forEach((example, i) => {
          const operation = (...given: Tensor[]): Tensor => example.operation(ops, ...given);
          tf.dispose(gradientsOf(operation, inputs[i]!));
        });
      runAll();
      const before = [tf.memory().numTensors, countNativeHandles()];
      runAll();
      expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
    });
  });
}
