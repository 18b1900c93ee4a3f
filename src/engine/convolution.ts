import {bool, ints, run, string, type, type Attributes} from './binding.js';
import {tf, type Tensor4D} from './tensorflow.js';

/** The name under which the convolution with explicit padding is registered with tfjs. */
const KERNEL = 'PaddedConv2D';

interface Geometry {
  readonly stride: number;
  readonly padding: number;
}

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

/** Without a gradient. */
export const rawConvolution = (x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D =>
  run('Conv2D', attributesOf({stride, padding}), [x, filter])[0] as Tensor4D;

/**
 * tfjs has a forward convolution with explicit padding, but its gradient kernels refuse it. A kernel of our own rather than
 * `tf.customGrad`, which would compute the gradient for the images and for frozen filters too: of a kernel's gradients tfjs calls only
 * those that lead to something trained.
 */
function register(): void {
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'tensorflow',
    kernelFunc: ({inputs, attrs}) => {
      const {x, filter} = inputs as {x: Tensor4D; filter: Tensor4D};
      const {stride, padding} = attrs as unknown as Geometry;
      return rawConvolution(x, filter, stride, padding);
    },
  });
  tf.registerGradient({
    kernelName: KERNEL,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter] = saved as [Tensor4D, Tensor4D];
      const attributes = attributesOf(attrs as unknown as Geometry);
      const sizes = (of: Tensor4D) => tf.tensor1d(of.shape, 'int32');
      return {
        x: () => run('Conv2DBackpropInput', attributes, [sizes(x), filter, dy as Tensor4D])[0]!,
        filter: () => run('Conv2DBackpropFilter', attributes, [x, sizes(filter), dy as Tensor4D])[0]!,
      };
    },
  });
}

/** `[n, h, w, in] * [kh, kw, in, out]` with a gradient for each, computed only where it is asked for. */
export function convolution(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D {
  if (tf.getKernel(KERNEL, 'tensorflow') === undefined) register();
  return tf.engine().runKernel(KERNEL, {x, filter}, {stride, padding});
}
