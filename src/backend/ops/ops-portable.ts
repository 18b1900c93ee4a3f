import {groupCount} from './convolution-grouped.js';
import {symmetricPadding, portableConvolution} from './convolution-portable.js';
import {registerConvolution} from './convolution.js';
import {add, withCustomGradient, type ForwardResult} from './custom-gradient.js';
import type {BatchStatistics, Ops} from './ops.js';
import {
  tf,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from '../tensorflow.js';

/** Mean per channel by pooling: WASM's `mean` transposes the whole tensor first and was measured ten times slower. */
function channelMeans(x: Tensor4D): Tensor1D {
  const [n, height, width, channels] = x.shape;
  return tf.mean(tf.reshape(tf.avgPool(x, [height, width], 1, 'valid'), [n, channels]), 0);
}

function convBias(
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D,
  stride: number,
  padding: number,
): Tensor4D {
  if (groupCount(x.shape, filter.shape) === 1)
    return tf.fused.conv2d({x, filter, bias, strides: stride, pad: symmetricPadding(padding)});
  return tf.tidy(() => tf.add(portableConvolution.forward(x, filter, {stride, padding}), bias));
}

const biasAdd = (x: Tensor4D, bias: Tensor1D): Tensor4D =>
  withCustomGradient(
    [x, bias],
    () => ({value: tf.add(x, bias), save: []}),
    dy => [tf.clone(dy), tf.mul(channelMeans(dy), dy.size / dy.shape[3])],
  );

/** Ioffe & Szegedy, https://arxiv.org/abs/1502.03167, section 3, with as few passes over the images as possible. */
function batchNormGradient(
  dy: Tensor4D,
  centered: Tensor4D,
  inverse: Tensor1D,
  scale: Tensor1D,
): [Tensor4D, Tensor1D, Tensor1D] {
  const count = dy.size / dy.shape[3];
  const meanGradient = channelMeans(dy);
  const correlation = channelMeans(tf.mul(dy, centered));
  const common = tf.add(
    tf.mul(centered, tf.mul(tf.mul(scale, tf.square(inverse)), correlation)),
    tf.mul(scale, meanGradient),
  );
  return [
    tf.sub(tf.mul(dy, scale), common),
    tf.mul(tf.mul(correlation, inverse), count),
    tf.mul(meanGradient, count),
  ];
}

function batchNormTraining(
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  epsilon: number,
): {y: Tensor4D; statistics: BatchStatistics} {
  const moments: Tensor1D[] = [];
  const forward = (): ForwardResult<Tensor4D> => {
    const mean = tf.keep(channelMeans(x));
    const centered = tf.sub<Tensor4D>(x, mean);
    const variance = tf.keep(channelMeans(tf.square(centered)));
    moments.push(mean, variance);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const scale = tf.mul(gamma, inverse);
    return {value: tf.add(tf.mul(centered, scale), beta), save: [centered, inverse, scale]};
  };
  return tf.tidy(() => {
    const y = withCustomGradient([x, gamma, beta], forward, (dy, saved) =>
      batchNormGradient(dy, ...(saved as [Tensor4D, Tensor1D, Tensor1D])),
    );
    // Clones move the kept tensors back into the caller's tidy.
    const [mean, variance] = moments.map(tensor => tf.clone(tensor)) as [Tensor1D, Tensor1D];
    tf.dispose(moments);
    return {y, statistics: {mean, variance}};
  });
}

/** tfjs's own relu keeps its input for the gradient. This one keeps its output, which the next convolution keeps anyway. */
function relu<T extends Tensor>(x: T): T {
  const forward = (): ForwardResult<T> => {
    const y = tf.relu(x);
    return {value: y, save: [y]};
  };
  return withCustomGradient([x], forward, (dy, [y]) => [tf.mul(dy, tf.step(y!))]);
}

/** Dropout with a mask drawn on the CPU: of the tfjs backends only TensorFlow has a random kernel that takes its seed from a tensor. */
function dropout(x: Tensor2D, rate: number, seed: Tensor1D): Tensor2D {
  const uniform = tf.randomUniform(x.shape, 0, 1, 'float32', seed.dataSync().join());
  return tf.mul(x, tf.div(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 - rate));
}

function softmaxCrossEntropy(
  logits: Tensor2D,
  labels: Tensor1D,
  sampleWeights: Tensor1D,
  smoothing: number,
): Scalar {
  const classes = logits.shape[1];
  // Not oneHot(..., 'float32'): WASM's kernel always writes integers.
  const oneHot = tf.cast(tf.oneHot(labels, classes), 'float32');
  const target = tf.add(tf.mul(oneHot, 1 - smoothing), smoothing / classes);
  const losses = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1));
  return tf.div(tf.sum(tf.mul(losses, sampleWeights)), tf.sum(sampleWeights));
}

/** Operations composed of tfjs ops that every backend has. */
export const portableOps: Ops = {
  conv2d: registerConvolution('PortableConvolution', portableConvolution),
  convBias,
  biasAdd,
  batchNormTraining,
  relu,
  add,
  pad: (x, padding, value) => tf.pad4d(x, symmetricPadding(padding), value),
  maxPool: (x, size, stride) => tf.maxPool(x, size, stride, 'valid'),
  averagePool: (x, size) => tf.avgPool(x, size, size, 'same'),
  averagePoolGlobal: x => tf.mean(x, [1, 2]),
  maxPoolGlobal: x =>
    tf.tidy(() =>
      tf.reshape(tf.maxPool(x, [x.shape[1], x.shape[2]], 1, 'valid'), [x.shape[0], x.shape[3]]),
    ),
  sumOfSquares: x => tf.tidy(() => tf.sum(tf.square(x))),
  dropout: (...args) => tf.tidy(() => dropout(...args)),
  softmaxCrossEntropy: (...args) => tf.tidy(() => softmaxCrossEntropy(...args)),
};
