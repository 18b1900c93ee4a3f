import {ops} from '../backend/ops/current-ops.js';
import {tf, type Tensor, type Tensor1D, type Tensor4D} from '../backend/tensorflow.js';
import type {BatchStatistics} from '../backend/ops/ops.js';
import {getKernel, getVector, type ParameterMap} from './parameters.js';
import type {Interpreter} from './resnet.js';
import type {BackboneSpec, ConvNormSpec} from './resnet-specs.js';

const sharedOps = {
  relu: (x: Tensor4D) => ops().relu(x),
  scope: (block: () => Tensor4D) => tf.tidy(block),
  maxPool: (x: Tensor4D) => ops().maxPool(x, 3, 2, 1),
  add: (a: Tensor4D, b: Tensor4D) => ops().add(a, b),
};

/** A convolution with its batch norm folded in: `w' = w * gamma / sqrt(var + eps)`, `b' = beta - mean * gamma / sqrt(var + eps)`. */
interface FoldedConv {
  readonly filter: Tensor4D;
  readonly bias: Tensor1D;
}

/** By stored statistics, of which there is no gradient. */
function foldBatchNorm(
  spec: BackboneSpec,
  weights: ParameterMap,
  {conv, norm}: ConvNormSpec,
): FoldedConv {
  const normParameter = (name: string): Tensor1D => getVector(weights, `${norm}.${name}`);
  const scale = tf.div<Tensor1D>(
    normParameter('weight'),
    tf.sqrt(tf.add(normParameter('running_var'), spec.batchNormEpsilon)),
  );
  const filter = tf.mul<Tensor4D>(getKernel(weights, `${conv}.weight`), scale);
  return {
    filter,
    bias: tf.sub<Tensor1D>(normParameter('bias'), tf.mul(normParameter('running_mean'), scale)),
  };
}

/**
 * Batch norms use their stored statistics; gradients flow. For evaluation, and for fine-tuning on few images. They are folded at every run:
 * a pass over the weights instead of several over the activations, forward and backward, and nothing more of the activations to hold.
 */
export const inferenceInterpreter = (
  spec: BackboneSpec,
  weights: ParameterMap,
): Interpreter<Tensor4D> => ({
  ...sharedOps,
  convNorm: (conv, x) => {
    const {filter, bias} = foldBatchNorm(spec, weights, conv);
    return ops().biasAdd(ops().conv2d(x, filter, conv.stride, conv.padding), bias);
  },
});

/**
 * Batch norms use the statistics of the batch; gradients flow.
 * @param onBatchStats receives each batch norm's key prefix and its statistics, kept (the caller disposes them), and the number of
 *   values per channel that they were taken over
 */
export const trainingInterpreter = (
  spec: BackboneSpec,
  weights: ParameterMap,
  onBatchStats: (norm: string, statistics: BatchStatistics, count: number) => void,
): Interpreter<Tensor4D> => ({
  ...sharedOps,
  convNorm: (conv, x) => {
    const convolved = ops().conv2d(
      x,
      getKernel(weights, `${conv.conv}.weight`),
      conv.stride,
      conv.padding,
    );
    const gamma = getVector(weights, `${conv.norm}.weight`);
    const {y, statistics} = ops().batchNormTraining(
      convolved,
      gamma,
      getVector(weights, `${conv.norm}.bias`),
      spec.batchNormEpsilon,
    );
    const [n, height, width] = convolved.shape;
    onBatchStats(
      conv.norm,
      {mean: tf.keep(statistics.mean), variance: tf.keep(statistics.variance)},
      n * height * width,
    );
    return y;
  },
});

/** For frozen groups: no gradient flows, and a batch norm costs nothing. */
export interface FrozenInterpreter extends Interpreter<Tensor4D> {
  /** Folded filters and biases of some of the convolutions, by name. */
  foldedTensors(convs: readonly ConvNormSpec[]): Map<string, Tensor>;
  dispose(): void;
}

/** @param convs the convolutions that will be run; folded now, from the weights as they are */
export function frozenInterpreter(
  spec: BackboneSpec,
  weights: ParameterMap,
  convs: readonly ConvNormSpec[],
): FrozenInterpreter {
  const folded = new Map(
    convs.map(conv => {
      const {filter, bias} = tf.tidy(() => ({...foldBatchNorm(spec, weights, conv)}));
      return [conv.conv, {filter: tf.keep(filter), bias: tf.keep(bias)}];
    }),
  );
  return {
    ...sharedOps,
    convNorm: (conv, x) => {
      const {filter, bias} = folded.get(conv.conv)!;
      return ops().convBias(x, filter, bias, conv.stride, conv.padding);
    },
    foldedTensors: selected => {
      const foldedTensors = new Map<string, Tensor>();
      for (const {conv} of selected) {
        const {filter, bias} = folded.get(conv)!;
        foldedTensors.set(`${conv}.weight`, filter).set(`${conv}.bias`, bias);
      }
      return foldedTensors;
    },
    dispose: () => folded.forEach(({filter, bias}) => tf.dispose([filter, bias])),
  };
}
