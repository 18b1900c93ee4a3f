import {bool, ints, run, string, type, type Attributes} from './binding.js';
import {portableConvolution} from './convolution-portable.js';
import type {Convolution, Geometry, Shape4D} from './convolution.js';
import {tf, type Tensor1D, type Tensor4D} from './tensorflow.js';

/**
 * Padding by its name where it has one: TensorFlow leaves convolutions with explicit padding to slower kernels on a CPU (their gradients
 * were measured 2 to 4 times slower). `SAME` is PyTorch's padding at stride 1 only.
 * @param size of a square window
 */
export function paddingAttributes(size: number, {stride, padding}: Geometry): Attributes {
  if (padding === 0) return {padding: string('VALID'), explicit_paddings: ints([])};
  if (stride === 1 && 2 * padding + 1 === size) return {padding: string('SAME'), explicit_paddings: ints([])};
  return {padding: string('EXPLICIT'), explicit_paddings: ints([0, 0, padding, padding, padding, padding, 0, 0])};
}

const attributesOf = ([size]: Shape4D, geometry: Geometry): Attributes => ({
  T: type('float32'),
  strides: ints([1, geometry.stride, geometry.stride, 1]),
  use_cudnn_on_gpu: bool(true),
  ...paddingAttributes(size, geometry),
  data_format: string('NHWC'),
  dilations: ints([1, 1, 1, 1]),
});

/**
 * Where oneDNN gives a wrong gradient and writes beyond its memory (https://github.com/uxlfoundation/oneDNN/issues/6035): a strided 1x1 filter
 * on fewer channels than a vector has floats, seen at 7 and below with AVX2. No ResNet has one, but these operations know nothing of ResNets.
 */
const isMiscomputed = ([size, , channels]: Shape4D, {stride}: Geometry): boolean => size === 1 && stride > 1 && channels < 16;

const shapeTensor = (shape: Shape4D): Tensor1D => tf.tensor1d(shape, 'int32');

/** TensorFlow's Conv2D, Conv2DBackpropInput and Conv2DBackpropFilter, which take explicit padding where tfjs's wrappers of them do not. */
export const tensorflowConvolution: Convolution = {
  forward: (x, filter, geometry) => run('Conv2D', attributesOf(filter.shape, geometry), [x, filter])[0] as Tensor4D,
  imageGradient: (dy, filter, imageShape, geometry) =>
    run('Conv2DBackpropInput', attributesOf(filter.shape, geometry), [shapeTensor(imageShape), filter, dy])[0] as Tensor4D,
  filterGradient: (dy, x, filterShape, geometry) =>
    isMiscomputed(filterShape, geometry)
      ? portableConvolution.filterGradient(dy, x, filterShape, geometry)
      : (run('Conv2DBackpropFilter', attributesOf(filterShape, geometry), [x, shapeTensor(filterShape), dy])[0] as Tensor4D),
};
