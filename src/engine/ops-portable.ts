import type {Ops} from './ops.js';
import {tf, type Scalar, type Tensor1D, type Tensor2D, type Tensor4D} from './tensorflow.js';

const SPATIAL = [1, 2];
const ALL_BUT_CHANNELS = [0, 1, 2];
/** The value of a border that never wins a maximum. */
const LOWEST_FLOAT = -3.4028234663852886e38;

/** tfjs refuses explicit padding in gradients, so the border becomes part of the image. */
function pad(x: Tensor4D, border: number, value: number): Tensor4D {
  if (border === 0) return x;
  return tf.pad4d(
    x,
    [
      [0, 0],
      [border, border],
      [border, border],
      [0, 0],
    ],
    value,
  );
}

const conv2d = (x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D =>
  tf.conv2d(pad(x, padding, 0), filter, stride, 'valid');

function normalise(x: Tensor4D, gamma: Tensor1D, beta: Tensor1D, mean: Tensor1D, variance: Tensor1D, epsilon: number): Tensor4D {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(tf.sub(x, mean), scale), beta);
}

function softmaxCrossEntropy(logits: Tensor2D, labels: Tensor1D, exampleWeights: Tensor1D, smoothing: number): Scalar {
  const classes = logits.shape[1];
  const off = smoothing / classes;
  const target = tf.oneHot(labels, classes, 1 - smoothing + off, off, 'float32');
  const losses = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1));
  return tf.div(tf.sum(tf.mul(losses, exampleWeights)), tf.sum(exampleWeights));
}

/** Drawn on the host: nothing records a step of this engine, and no tfjs backend but TensorFlow's has a random kernel that takes a seed tensor. */
function dropout(x: Tensor2D, rate: number, seed: Tensor1D): Tensor2D {
  const uniform = tf.randomUniform(x.shape, 0, 1, 'float32', seed.dataSync().join());
  return tf.mul(x, tf.div(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 - rate));
}

/** On ordinary tfjs operations, which every backend has. */
export const portableOps: Ops = {
  conv2d: (...given) => tf.tidy(() => conv2d(...given)),
  convBias: (x, filter, bias, stride, padding) => tf.tidy(() => tf.add(conv2d(x, filter, stride, padding), bias)),
  batchNormTraining: (x, gamma, beta, epsilon) =>
    tf.tidy(() => {
      const {mean, variance} = tf.moments(x, ALL_BUT_CHANNELS) as {mean: Tensor1D; variance: Tensor1D};
      return {y: normalise(x, gamma, beta, mean, variance, epsilon), statistics: {mean, variance}};
    }),
  batchNormInference: (...given) => tf.tidy(() => normalise(...given)),
  relu: x => tf.relu(x),
  maxPool: (x, size, stride, padding) => tf.tidy(() => tf.maxPool(pad(x, padding, LOWEST_FLOAT), size, stride, 'valid')),
  averagePoolGlobal: x => tf.mean(x, SPATIAL),
  maxPoolGlobal: x => tf.tidy(() => tf.reshape(tf.maxPool(x, [x.shape[1], x.shape[2]], 1, 'valid'), [x.shape[0], x.shape[3]])),
  dropout: (...given) => tf.tidy(() => dropout(...given)),
  softmaxCrossEntropy: (...given) => tf.tidy(() => softmaxCrossEntropy(...given)),
};
