import type {Ops} from './ops.js';
import {tf, type Tensor4D} from '../tensorflow.js';

/** Where the filter is put: every `stride`-th row and column of the images with `padding` zeros on every side. */
export interface ConvGeometry {
  readonly stride: number;
  readonly padding: number;
}

export type Shape4D = Tensor4D['shape'];

/** A convolution and the two halves of its gradient. */
export interface Convolution {
  /** `[n, h, w, in] * [kh, kw, in / groups, out] -> [n, height, width, out]` */
  forward(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D;
  /** From `dy`, the gradient of what `forward` gave. */
  inputGradient(
    dy: Tensor4D,
    filter: Tensor4D,
    inputShape: Shape4D,
    geometry: ConvGeometry,
  ): Tensor4D;
  filterGradient(dy: Tensor4D, x: Tensor4D, filterShape: Shape4D, geometry: ConvGeometry): Tensor4D;
}

function registerGradient(name: string, {inputGradient, filterGradient}: Convolution): void {
  tf.registerGradient({
    kernelName: name,
    inputsToSave: ['x', 'filter'],
    gradFunc: (upstream, saved, attributes) => {
      const [x, filter] = saved as [Tensor4D, Tensor4D];
      const geometry = attributes as unknown as ConvGeometry;
      const dy = upstream as Tensor4D;
      return {
        x: () => inputGradient(dy, filter, x.shape, geometry),
        // Asked for last, if at all; so `dy` has served. Why it is disposed: differentiable.ts.
        filter: () => {
          const gradient = filterGradient(dy, x, filter.shape, geometry);
          dy.dispose();
          return gradient;
        },
      };
    },
  });
}

function registerKernel(kernelName: string, backendName: string, {forward}: Convolution): void {
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({inputs, attrs}) => {
      const {x, filter} = inputs as {x: Tensor4D; filter: Tensor4D};
      return forward(x, filter, attrs as unknown as ConvGeometry);
    },
  });
}

/**
 * A kernel of our own besides tfjs's Conv2D, whose gradient refuses explicit padding on TensorFlow and lacks half of itself on wasm.
 * Not by `tf.customGrad`: that computes both halves of a gradient, where of a kernel's tfjs asks only for those that lead to something
 * trained. The first convolution above a freeze boundary needs no gradient of its images.
 * @param name under which tfjs knows it, in the whole process
 */
export function registerConvolution(name: string, convolution: Convolution): Ops['conv2d'] {
  return (x, filter, stride, padding) => {
    if (tf.getGradient(name) === undefined) registerGradient(name, convolution);
    if (tf.getKernel(name, tf.getBackend()) === undefined)
      registerKernel(name, tf.getBackend(), convolution);
    return tf.engine().runKernel(name, {x, filter}, {stride, padding});
  };
}
