import type {Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D} from '../tensorflow.js';

/** Padding value that never wins a max pooling. */
export const LOWEST_FLOAT = -3.4028234663852886e38;

/** Mean and biased variance of one batch over N, H, W; `[channels]` each. */
export interface BatchStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/**
 * Operations of a ResNet and its training, each with its gradient. Tensors are float32 NHWC, filters HWIO. Two implementations exist:
 * `ops-tensorflow.ts` on raw TensorFlow ops, and `ops-portable.ts` on tfjs ops that every backend has. A test checks that they agree. On
 * TensorFlow they never read a value back to the CPU or draw random numbers in JavaScript, so that a step can be traced.
 */
export interface Ops {
  /**
   * `[n, h, w, in] * [k, k, in / groups, out]` with `padding` zeros on every side, fewer than k. PyTorch's convention: TensorFlow's "same"
   * differs at stride 2.
   */
  conv2d(x: Tensor4D, filter: Tensor4D, stride: number, padding: number): Tensor4D;
  /** Convolution plus bias, without a gradient: used by frozen, folded blocks. */
  convBias(
    x: Tensor4D,
    filter: Tensor4D,
    bias: Tensor1D,
    stride: number,
    padding: number,
  ): Tensor4D;
  /** Normalizes by the statistics of the batch and returns them. Gradients for x, gamma and beta. */
  batchNormTraining(
    x: Tensor4D,
    gamma: Tensor1D,
    beta: Tensor1D,
    epsilon: number,
  ): {readonly y: Tensor4D; readonly statistics: BatchStatistics};
  /** Adds one number per channel, with a gradient. */
  biasAdd(x: Tensor4D, bias: Tensor1D): Tensor4D;
  relu<T extends Tensor>(x: T): T;
  /** Adds two tensors of the same shape. Unlike tfjs's, its gradient keeps neither of them in memory. */
  add<T extends Tensor>(a: T, b: T): T;
  /** Pads every side with `padding` pixels of a value: `LOWEST_FLOAT` never wins a max pooling. */
  pad(x: Tensor4D, padding: number, value: number): Tensor4D;
  /** Square window, without padding. */
  maxPool(x: Tensor4D, size: number, stride: number): Tensor4D;
  /** Windows of `size` side by side. Those that the border cuts off average what is left, as in PyTorch with `ceil_mode`. */
  averagePool(x: Tensor4D, size: number): Tensor4D;
  /** `[n, h, w, c] -> [n, c]` */
  averagePoolGlobal(x: Tensor4D): Tensor2D;
  /** `[n, h, w, c] -> [n, c]` */
  maxPoolGlobal(x: Tensor4D): Tensor2D;
  /** Sum over all elements, without a gradient. */
  sumOfSquares(x: Tensor): Scalar;
  /**
   * Zeroes a fraction `rate` of the elements and scales the others by 1 / (1 - rate) (Srivastava et al., JMLR 2014).
   * @param seed int32 `[2]`, a tensor so that every run of a traced step can be fed another; the same seed draws the same mask (on the same
   * backend)
   */
  dropout(x: Tensor2D, rate: number, seed: Tensor1D): Tensor2D;
  /**
   * Weighted mean over examples of the cross-entropy between softmax(logits) and the smoothed one-hot target (1 - smoothing) * onehot +
   * smoothing / classes (Szegedy et al., arXiv 1512.00567). Gradient for the logits.
   * @param labels int32 `[n]`
   * @param sampleWeights `[n]`; 0 excludes an example (padding) from the mean
   */
  softmaxCrossEntropy(
    logits: Tensor2D,
    labels: Tensor1D,
    sampleWeights: Tensor1D,
    smoothing: number,
  ): Scalar;
}
