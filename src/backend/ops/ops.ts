import type {Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D} from '../tensorflow.js';

/** The value of a border that never wins a maximum. */
export const LOWEST_FLOAT = -3.4028234663852886e38;

/** Mean and biased variance over N, H, W of one batch; `[channels]` each. */
export interface BatchStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/**
 * The operations a ResNet and its training need, each with its gradient. Tensors are float32, NHWC; filters HWIO. Two implementations:
 * `ops-tensorflow.ts` on raw TensorFlow ops and `ops-portable.ts` on tfjs ops that every backend has; a test holds them together.
 * Those on TensorFlow read nothing back to the host and draw nothing in JavaScript, so that a step can be recorded.
 */
export interface Ops {
  /**
   * `[n, h, w, in] * [k, k, in / groups, out]`, `padding` zeros on every side, fewer than k. PyTorch's convention: TensorFlow's "same"
   * differs at stride 2.
   */
  conv2d(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D;
  /** Convolution plus a bias, without a gradient: what a frozen, folded block runs. */
  convBias(
    x: Tensor4D,
    filter: Tensor4D,
    bias: Tensor1D,
    stride: number,
    padding: number,
  ): Tensor4D;
  /** Normalizes by the batch's own statistics and returns them; gradient for x, gamma and beta. */
  batchNormTraining(
    x: Tensor4D,
    gamma: Tensor1D,
    beta: Tensor1D,
    epsilon: number,
  ): {readonly y: Tensor4D; readonly statistics: BatchStatistics};
  /** One number to every channel, with a gradient. */
  biasAdd(x: Tensor4D, bias: Tensor1D): Tensor4D;
  relu<T extends Tensor>(x: T): T;
  /** Of two tensors of one shape. Unlike tfjs's, its gradient holds neither of them in memory. */
  add<T extends Tensor>(a: T, b: T): T;
  /** A border of `padding` pixels on every side that never wins a maximum. */
  pad(x: Tensor4D, padding: number): Tensor4D;
  /** Square window, as often as it fits. */
  maxPool(x: Tensor4D, size: number, stride: number): Tensor4D;
  /** `[n, h, w, c] -> [n, c]` */
  averagePoolGlobal(x: Tensor4D): Tensor2D;
  /** `[n, h, w, c] -> [n, c]` */
  maxPoolGlobal(x: Tensor4D): Tensor2D;
  /** Of all elements, without a gradient. */
  sumOfSquares(x: Tensor): Scalar;
  /**
   * Zeroes a share `rate` of the elements and scales the others by 1 / (1 - rate) (Srivastava et al., JMLR 2014).
   * @param seed int32 `[2]`, a tensor so that every step of a recorded graph can be fed another; one seed, one mask (on one backend)
   */
  dropout(x: Tensor2D, rate: number, seed: Tensor1D): Tensor2D;
  /**
   * Weighted mean over examples of the cross-entropy between softmax(logits) and the smoothed one-hot target
   * (1 - smoothing) * onehot + smoothing / classes (Szegedy et al., arXiv 1512.00567). Gradient for the logits.
   * @param labels int32 `[n]`
   * @param sampleWeights `[n]`; 0 leaves an example (padding) out of the mean
   */
  softmaxCrossEntropy(
    logits: Tensor2D,
    labels: Tensor1D,
    sampleWeights: Tensor1D,
    smoothing: number,
  ): Scalar;
}
