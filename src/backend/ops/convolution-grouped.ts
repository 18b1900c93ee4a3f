import type {Convolution, ConvGeometry, Shape4D} from './convolution.js';
import {tf, type Tensor3D, type Tensor4D} from '../tensorflow.js';

/** Number of groups of a convolution. A filter has the input channels of one group: groups = image channels / filter channels. */
export const groupCount = ([, , , channels]: Shape4D, [, , inputs]: Shape4D): number =>
  channels / inputs;

/** `[kh, kw, n, groups * m] -> [kh, kw, groups * n, m]`: the same filter as a depthwise filter. */
export function depthwiseFilter(filter: Tensor4D, groups: number): Tensor4D {
  const [height, width, inputs, outputs] = filter.shape;
  const each = outputs / groups;
  const taps = tf.reshape(filter, [height * width, inputs, groups, each]);
  return tf.reshape(tf.transpose(taps, [0, 2, 1, 3]), [height, width, groups * inputs, each]);
}

/** Needs as many multiplications as a grouped convolution, but its output before the sum is larger by the number of inputs per group. */
function depthwiseForward(
  x: Tensor4D,
  filter: Tensor4D,
  {stride, padding}: ConvGeometry,
): Tensor4D {
  return tf.tidy(() => {
    const [, , inputs, outputs] = filter.shape;
    const groups = groupCount(x.shape, filter.shape);
    const edge: [number, number] = [padding, padding];
    const padded = tf.pad4d(x, [[0, 0], edge, edge, [0, 0]]);
    const products = tf.depthwiseConv2d(padded, depthwiseFilter(filter, groups), stride, 'valid');
    const [n, height, width] = products.shape;
    const byInput: Tensor3D = tf.reshape(products, [-1, inputs, outputs / groups]);
    return tf.reshape(tf.sum(byInput, 1), [n, height, width, outputs]);
  });
}

const splitChannels = (x: Tensor4D, groups: number): Tensor4D[] => tf.split(x, groups, 3);

const groupShape = ([a, b, c, channels]: Shape4D, groups: number): Shape4D => [
  a,
  b,
  c,
  channels / groups,
];

/** A gradient group by group. @param gradient of one group, from its part of `dy` and of the other operand */
function gradientByGroup(
  dy: Tensor4D,
  other: Tensor4D,
  groups: number,
  gradient: (dy: Tensor4D, other: Tensor4D) => Tensor4D,
): Tensor4D {
  return tf.tidy(() => {
    const others = splitChannels(other, groups);
    const gradients = splitChannels(dy, groups).map((each, i) => gradient(each, others[i]!));
    return tf.concat4d(gradients, 3);
  });
}

/**
 * Adds grouped filters to a convolution whose backend lacks them: forward as a depthwise convolution and a sum, the gradients group by
 * group.
 */
export const withGroups = (convolution: Convolution): Convolution => ({
  forward: (x, filter, geometry) =>
    groupCount(x.shape, filter.shape) === 1
      ? convolution.forward(x, filter, geometry)
      : depthwiseForward(x, filter, geometry),
  inputGradient: (dy, filter, inputShape, geometry) => {
    const groups = groupCount(inputShape, filter.shape);
    if (groups === 1) return convolution.inputGradient(dy, filter, inputShape, geometry);
    const shape = groupShape(inputShape, groups);
    return gradientByGroup(dy, filter, groups, (each, ofGroup) =>
      convolution.inputGradient(each, ofGroup, shape, geometry),
    );
  },
  filterGradient: (dy, x, filterShape, geometry) => {
    const groups = groupCount(x.shape, filterShape);
    if (groups === 1) return convolution.filterGradient(dy, x, filterShape, geometry);
    const shape = groupShape(filterShape, groups);
    return gradientByGroup(dy, x, groups, (each, ofGroup) =>
      convolution.filterGradient(each, ofGroup, shape, geometry),
    );
  },
});
