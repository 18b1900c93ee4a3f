import {bool, float, ints, runOp, string, type} from '../graph/binding.js';
import {symmetricPadding} from './convolution-portable.js';
import {paddingAttributes, tensorflowConvolution} from './convolution-tensorflow.js';
import {registerConvolution} from './convolution.js';
import {add, withCustomGradient} from './custom-gradient.js';
import type {BatchStatistics, Ops} from './ops.js';
import {
  tf,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from '../tensorflow.js';

const FLOAT = type('float32');
const NHWC = string('NHWC');
const SPATIAL = [1, 2];

interface FusedBatchNorm {
  readonly y: Tensor4D;
  readonly mean: Tensor1D;
  /** Divided by n - 1 (Bessel's correction), unlike the variance that normalizes. */
  readonly variance: Tensor1D;
}

/** FusedBatchNormV3 and FusedBatchNormGradV3. */
function fusedBatchNorm(
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  epsilon: number,
): FusedBatchNorm {
  const attributes = {
    T: FLOAT,
    U: FLOAT,
    epsilon: float(epsilon),
    data_format: NHWC,
    is_training: bool(true),
  };
  const noStatistics = [tf.tensor1d([], 'float32'), tf.tensor1d([], 'float32')];
  const forward = {...attributes, exponential_avg_factor: float(1)};
  const [y, mean, variance, reserved1, reserved2, reserved3] = runOp(
    'FusedBatchNormV3',
    forward,
    [x, gamma, beta, ...noStatistics],
    6,
  ) as [Tensor4D, ...Tensor1D[]];
  const save = [x, gamma, reserved1!, reserved2!, reserved3!];
  const normalized = withCustomGradient(
    [x, gamma, beta],
    () => ({value: y, save}),
    (dy, saved) => runOp('FusedBatchNormGradV3', attributes, [dy, ...saved], 5).slice(0, 3),
  );
  return {y: normalized, mean: mean!, variance: variance!};
}

function batchNormTraining(
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  epsilon: number,
): {y: Tensor4D; statistics: BatchStatistics} {
  return tf.tidy(() => {
    const {y, mean, variance} = fusedBatchNorm(x, gamma, beta, epsilon);
    const count = x.size / x.shape[3];
    return {
      y,
      statistics: {mean, variance: tf.mul<Tensor1D>(variance, Math.max(count - 1, 1) / count)},
    };
  });
}

/**
 * Max pooling without padding, which is a separate operation: oneDNN does not support explicit padding in pooling, and TensorFlow's own
 * gradient of it is ten times slower.
 */
function maxPool(
  x: Tensor4D,
  [height, width]: readonly [number, number],
  stride: number,
): Tensor4D {
  const window = {ksize: ints([1, height, width, 1]), strides: ints([1, stride, stride, 1])};
  const attributes = {
    T: FLOAT,
    ...window,
    ...paddingAttributes(height, {stride, padding: 0}),
    data_format: NHWC,
  };
  return withCustomGradient(
    [x],
    () => {
      const [y] = runOp('MaxPool', attributes, [x]) as [Tensor4D];
      return {value: y, save: [x, y]};
    },
    (dy, [input, output]) => runOp('MaxPoolGrad', attributes, [input!, output!, dy]),
  );
}

/** `[n, 1, 1, c] -> [n, c]`. Not with tfjs's `reshape`, which stores n in the op. */
function squeeze(x: Tensor4D): Tensor2D {
  return withCustomGradient(
    [x],
    () => ({
      value: runOp('Squeeze', {T: FLOAT, squeeze_dims: ints(SPATIAL)}, [x])[0] as Tensor2D,
      save: [],
    }),
    dy => [tf.reshape(dy, x.shape)],
  );
}

function averagePoolGlobal(x: Tensor4D): Tensor2D {
  const [n, height, width, channels] = x.shape;
  return withCustomGradient(
    [x],
    () => ({value: tf.mean<Tensor2D>(x, SPATIAL), save: []}),
    dy => [
      tf.tile(tf.reshape(tf.mul(dy, 1 / (height * width)), [n, 1, 1, channels]), [
        1,
        height,
        width,
        1,
      ]),
    ],
  );
}

function softmaxCrossEntropy(
  logits: Tensor2D,
  labels: Tensor1D,
  sampleWeights: Tensor1D,
  smoothing: number,
): Scalar {
  const classes = logits.shape[1];
  const offValue = smoothing / classes;
  return withCustomGradient(
    [logits],
    () => {
      const target = tf.oneHot(labels, classes, 1 - smoothing + offValue, offValue, 'float32');
      const [losses, logitsGradient] = runOp(
        'SoftmaxCrossEntropyWithLogits',
        {T: FLOAT},
        [logits, target],
        2,
      ) as [Tensor1D, Tensor2D];
      const normalizedWeights = tf.div(sampleWeights, tf.sum(sampleWeights));
      return {
        value: tf.sum<Scalar>(tf.mul(losses, normalizedWeights)),
        save: [logitsGradient, normalizedWeights],
      };
    },
    (dy, [logitsGradient, normalizedWeights]) => [
      tf.mul(logitsGradient!, tf.reshape(tf.mul(normalizedWeights!, dy), [-1, 1])),
    ],
  );
}

function relu<T extends Tensor>(x: T): T {
  return withCustomGradient(
    [x],
    () => {
      const [y] = runOp('Relu', {T: FLOAT}, [x]) as [T];
      return {value: y, save: [y]};
    },
    (dy, [y]) => runOp('ReluGrad', {T: FLOAT}, [dy, y!]),
  );
}

const BIAS = {T: FLOAT, data_format: NHWC};

const addBias = (x: Tensor4D, bias: Tensor1D): Tensor4D =>
  runOp('BiasAdd', BIAS, [x, bias])[0] as Tensor4D;

const biasAdd = (x: Tensor4D, bias: Tensor1D): Tensor4D =>
  withCustomGradient(
    [x, bias],
    () => ({value: addBias(x, bias), save: []}),
    dy => [tf.clone(dy), ...runOp('BiasAddGrad', BIAS, [dy])],
  );

function dropout(x: Tensor2D, rate: number, seed: Tensor1D): Tensor2D {
  return tf.tidy(() => {
    const attributes = {dtype: FLOAT, T: type('int32'), Tseed: type('int32')};
    const [uniform] = runOp('StatelessRandomUniform', attributes, [
      tf.tensor1d(x.shape, 'int32'),
      seed,
    ]) as [Tensor2D];
    return tf.mul(x, tf.div(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 - rate));
  });
}

/** Twice TensorFlow's L2Loss, which is half the sum of squares in one pass over memory. */
const sumOfSquares = (x: Tensor): Scalar =>
  tf.tidy(() => tf.mul(runOp('L2Loss', {T: FLOAT}, [x])[0] as Scalar, 2));

/** Operations on raw TensorFlow ops: one kernel forward and one backward each. */
export const tensorflowOps: Ops = {
  conv2d: registerConvolution('TensorFlowConvolution', tensorflowConvolution),
  convBias: (x, filter, bias, stride, padding) =>
    tf.tidy(() => addBias(tensorflowConvolution.forward(x, filter, {stride, padding}), bias)),
  biasAdd,
  batchNormTraining,
  relu,
  add,
  pad: (x, padding, value) => tf.pad4d(x, symmetricPadding(padding), value),
  maxPool: (x, size, stride) => tf.tidy(() => maxPool(x, [size, size], stride)),
  averagePool: (x, size) => tf.avgPool(x, size, size, 'same'),
  averagePoolGlobal,
  maxPoolGlobal: x => tf.tidy(() => squeeze(maxPool(x, [x.shape[1], x.shape[2]], 1))),
  dropout,
  sumOfSquares,
  softmaxCrossEntropy,
};
