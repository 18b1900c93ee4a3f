import {bool, ints, runOp, string, type, type OpAttributes} from '../graph/binding.js';
import {portableConvolution} from './convolution-portable.js';
import type {Convolution, ConvGeometry, Shape4D} from './convolution.js';
import {tf, type Tensor1D, type Tensor4D} from '../tensorflow.js';

const EXPLICIT = string('EXPLICIT');

/**
 * Padding attributes, by name if TensorFlow has one: its `SAME` equals PyTorch's padding only at stride 1.
 * @param size side of the square window
 */
export function paddingAttributes(size: number, {stride, padding}: ConvGeometry): OpAttributes {
  if (padding === 0) return {padding: string('VALID'), explicit_paddings: ints([])};
  if (stride === 1 && 2 * padding + 1 === size)
    return {padding: string('SAME'), explicit_paddings: ints([])};
  return {
    padding: EXPLICIT,
    explicit_paddings: ints([0, 0, padding, padding, padding, padding, 0, 0]),
  };
}

const attributesOf = ([size]: Shape4D, geometry: ConvGeometry): OpAttributes => ({
  T: type('float32'),
  strides: ints([1, geometry.stride, geometry.stride, 1]),
  use_cudnn_on_gpu: bool(true),
  ...paddingAttributes(size, geometry),
  data_format: string('NHWC'),
  dilations: ints([1, 1, 1, 1]),
});

/**
 * Where oneDNN computes a wrong gradient and writes out of bounds (https://github.com/uxlfoundation/oneDNN/issues/6035): a strided 1x1
 * filter on fewer channels than a vector has floats, observed at 7 and below with AVX2. No ResNet has one, but these operations are not
 * limited to ResNets.
 */
const isMiscomputed = ([size, , channels]: Shape4D, {stride}: ConvGeometry): boolean =>
  size === 1 && stride > 1 && channels < 16;

const shapeTensor = (shape: Shape4D): Tensor1D => tf.tensor1d(shape, 'int32');

const isExplicit = ([size]: Shape4D, geometry: ConvGeometry): boolean =>
  paddingAttributes(size, geometry).padding === EXPLICIT;

const NO_PADDING = 0;

const paddedShape = ([n, height, width, channels]: Shape4D, padding: number): Shape4D => [
  n,
  height + 2 * padding,
  width + 2 * padding,
  channels,
];

function pad(x: Tensor4D, padding: number): Tensor4D {
  const paddings = tf.tensor2d([0, 0, padding, padding, padding, padding, 0, 0], [4, 2], 'int32');
  return runOp('Pad', {T: type('float32'), Tpaddings: type('int32')}, [x, paddings])[0] as Tensor4D;
}

function unpad(x: Tensor4D, padding: number, shape: Shape4D): Tensor4D {
  const begin = shapeTensor([0, padding, padding, 0]);
  return runOp('Slice', {T: type('float32'), Index: type('int32')}, [
    x,
    begin,
    shapeTensor(shape),
  ])[0] as Tensor4D;
}

function inputGradient(
  dy: Tensor4D,
  filter: Tensor4D,
  inputShape: Shape4D,
  geometry: ConvGeometry,
): Tensor4D {
  return runOp('Conv2DBackpropInput', attributesOf(filter.shape, geometry), [
    shapeTensor(inputShape),
    filter,
    dy,
  ])[0] as Tensor4D;
}

function filterGradient(
  dy: Tensor4D,
  x: Tensor4D,
  filterShape: Shape4D,
  geometry: ConvGeometry,
): Tensor4D {
  if (isMiscomputed(filterShape, geometry))
    return portableConvolution.filterGradient(dy, x, filterShape, geometry);
  return runOp('Conv2DBackpropFilter', attributesOf(filterShape, geometry), [
    x,
    shapeTensor(filterShape),
    dy,
  ])[0] as Tensor4D;
}

/**
 * TensorFlow's Conv2D, Conv2DBackpropInput and Conv2DBackpropFilter. oneDNN does not support gradients of a convolution with explicit
 * padding, and TensorFlow's own kernels are several times slower in float32 and impractically slow in bfloat16. The gradients therefore pad
 * the images first.
 */
export const tensorflowConvolution: Convolution = {
  forward: (x, filter, geometry) =>
    runOp('Conv2D', attributesOf(filter.shape, geometry), [x, filter])[0] as Tensor4D,
  inputGradient: (dy, filter, inputShape, geometry) => {
    if (!isExplicit(filter.shape, geometry)) return inputGradient(dy, filter, inputShape, geometry);
    const {stride, padding} = geometry;
    const paddedGradient = inputGradient(dy, filter, paddedShape(inputShape, padding), {
      stride,
      padding: NO_PADDING,
    });
    return unpad(paddedGradient, padding, inputShape);
  },
  filterGradient: (dy, x, filterShape, geometry) => {
    if (!isExplicit(filterShape, geometry)) return filterGradient(dy, x, filterShape, geometry);
    const {stride, padding} = geometry;
    return filterGradient(dy, pad(x, padding), filterShape, {stride, padding: NO_PADDING});
  },
};
