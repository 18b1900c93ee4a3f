import {bool, ints, run, string, type, type Attributes} from './binding.js';
import type {Convolution, Geometry, Shape4D} from './convolution.js';
import {tf, type Tensor1D, type Tensor4D} from './tensorflow.js';

function attributesOf({stride, padding}: Geometry): Attributes {
  return {
    T: type('float32'),
    strides: ints([1, stride, stride, 1]),
    use_cudnn_on_gpu: bool(true),
    padding: string(padding === 0 ? 'VALID' : 'EXPLICIT'),
    explicit_paddings: ints(padding === 0 ? [] : [0, 0, padding, padding, padding, padding, 0, 0]),
    data_format: string('NHWC'),
    dilations: ints([1, 1, 1, 1]),
  };
}

const shapeTensor = (shape: Shape4D): Tensor1D => tf.tensor1d(shape, 'int32');

/** TensorFlow's Conv2D, Conv2DBackpropInput and Conv2DBackpropFilter, which take explicit padding where tfjs's wrappers of them do not. */
export const tensorflowConvolution: Convolution = {
  forward: (x, filter, geometry) => run('Conv2D', attributesOf(geometry), [x, filter])[0] as Tensor4D,
  imageGradient: (dy, filter, imageShape, geometry) =>
    run('Conv2DBackpropInput', attributesOf(geometry), [shapeTensor(imageShape), filter, dy])[0] as Tensor4D,
  filterGradient: (dy, x, filterShape, geometry) =>
    run('Conv2DBackpropFilter', attributesOf(geometry), [x, shapeTensor(filterShape), dy])[0] as Tensor4D,
};
