import type {Ops} from './ops.js';
import {tf, type Tensor4D} from '../tensorflow.js';

/** Placement of the filter: at every `stride`-th row and column of the images, with `padding` zeros on every side. */
export interface ConvGeometry {
  readonly stride: number;
  readonly padding: number;
}

export type Shape4D = Tensor4D['shape'];

/** A convolution and its two gradients. */
export interface Convolution {
  /** `[n, h, w, in] * [kh, kw, in / groups, out] -> [n, height, width, out]` */
  forward(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D;
  /** `dy` is the gradient of the output of `forward`. */
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
        // tfjs requests this gradient last, if at all, so `dy` is no longer needed. Why it is disposed: custom-gradient.ts.
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
 * Registers a kernel in place of tfjs's Conv2D, whose gradient rejects explicit padding on TensorFlow and is incomplete on WASM.
 * `tf.customGrad` is no alternative: it computes both gradients, while tfjs requests only the needed ones of a kernel. The first
 * convolution above the frozen depth needs no gradient of its input.
 * @param name name of the kernel in tfjs, unique within the process
 */
export function registerConvolution(name: string, convolution: Convolution): Ops['conv2d'] {
  return (x, filter, stride, padding) => {
    if (tf.getGradient(name) === undefined) registerGradient(name, convolution);
    if (tf.getKernel(name, tf.getBackend()) === undefined)
      registerKernel(name, tf.getBackend(), convolution);
    return tf.engine().runKernel(name, {x, filter}, {stride, padding});
  };
}
