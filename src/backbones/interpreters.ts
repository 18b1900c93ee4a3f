import {ops} from '../backend/ops/current-ops.js';
import {tf, type Tensor, type Tensor1D, type Tensor4D} from '../backend/tensorflow.js';
import type {BatchStatistics} from '../backend/ops/ops.js';
import type {Interpreter} from './forward.js';
import {pairConvNorms, type ConvLayer, type Layer, type NormLayer} from './layers.js';
import {getKernel, getVector, type ParameterMap} from './parameters.js';

/** Layers that are the same in training and inference. */
const sharedWords = {
  relu: (_, x) => ops().relu(x),
  pad: ({padding}, x) => ops().pad(x, padding),
  maxPool: ({size, stride}, x) => ops().maxPool(x, size, stride),
  add: (_, a, b) => ops().add(a, b),
  scope: block => tf.tidy(block),
} satisfies Partial<Interpreter<Tensor4D>>;

const convolve = (
  x: Tensor4D,
  weights: ParameterMap,
  {name, stride, padding}: ConvLayer,
): Tensor4D => ops().conv2d(x, getKernel(weights, `${name}.weight`), stride, padding);

/** A batch norm with its running statistics, without a gradient for them: scale and shift per channel. */
interface ChannelAffine {
  readonly scale: Tensor1D;
  readonly shift: Tensor1D;
}

/** Computes `gamma / sqrt(var + eps)` and `beta - mean * gamma / sqrt(var + eps)`. */
function normAffine(weights: ParameterMap, {name, epsilon}: NormLayer): ChannelAffine {
  const parameter = (part: string): Tensor1D => getVector(weights, `${name}.${part}`);
  const scale = tf.div<Tensor1D>(
    parameter('weight'),
    tf.sqrt(tf.add(parameter('running_var'), epsilon)),
  );
  return {scale, shift: tf.sub(parameter('bias'), tf.mul(parameter('running_mean'), scale))};
}

const applyAffine = (x: Tensor4D, {scale, shift}: ChannelAffine): Tensor4D =>
  ops().biasAdd(tf.mul(x, scale), shift);

/** A convolution with its batch norm folded in. */
interface FoldedConv {
  readonly filter: Tensor4D;
  readonly bias: Tensor1D;
}

function foldBatchNorm(weights: ParameterMap, conv: ConvLayer, norm: NormLayer): FoldedConv {
  const {scale, shift} = normAffine(weights, norm);
  return {filter: tf.mul(getKernel(weights, `${conv.name}.weight`), scale), bias: shift};
}

/**
 * Batch norms use their running statistics; gradients flow. For evaluation, and for fine-tuning on few images. Batch norms are folded on
 * every run: one pass over the weights replaces several over the activations, forward and backward, and no further activations are kept.
 */
export const inferenceInterpreter = (weights: ParameterMap): Interpreter<Tensor4D> => ({
  ...sharedWords,
  conv: (conv, x) => convolve(x, weights, conv),
  norm: (norm, x) => applyAffine(x, normAffine(weights, norm)),
  convNorm: (conv, norm, x) => {
    const {filter, bias} = foldBatchNorm(weights, conv, norm);
    return ops().biasAdd(ops().conv2d(x, filter, conv.stride, conv.padding), bias);
  },
});

/**
 * Batch norms use the statistics of the batch; gradients flow.
 * @param onBatchStats called with each batch norm's key prefix, its statistics (the caller disposes them), and the number of values per
 * channel
 */
export const trainingInterpreter = (
  weights: ParameterMap,
  onBatchStats: (norm: string, statistics: BatchStatistics, count: number) => void,
): Interpreter<Tensor4D> => ({
  ...sharedWords,
  conv: (conv, x) => convolve(x, weights, conv),
  norm: ({name, epsilon}, x) => {
    const [gamma, beta] = ['weight', 'bias'].map(part => getVector(weights, `${name}.${part}`));
    const {y, statistics} = ops().batchNormTraining(x, gamma!, beta!, epsilon);
    const {mean, variance} = statistics;
    const [n, height, width] = x.shape;
    onBatchStats(name, {mean: tf.keep(mean), variance: tf.keep(variance)}, n * height * width);
    return y;
  },
});

/** For frozen groups: no gradient flows, and a batch norm after a convolution costs nothing. */
export interface FrozenInterpreter extends Interpreter<Tensor4D> {
  /** Tensors that some layers use, by name: filters, and the biases that batch norms were folded into. */
  foldedTensors(layers: readonly Layer[]): Map<string, Tensor>;
  dispose(): void;
}

/** Copies and folds the weights of layers. A batch norm without a convolution becomes scale (`weight`) and shift (`bias`). */
function foldLayers(weights: ParameterMap, layers: readonly Layer[]): Map<string, Tensor> {
  const folded = new Map<string, Tensor>();
  for (const step of pairConvNorms(layers)) {
    if (step.kind === 'convNorm') {
      const {filter, bias} = foldBatchNorm(weights, step.conv, step.norm);
      folded.set(`${step.conv.name}.weight`, filter).set(`${step.conv.name}.bias`, bias);
    } else if (step.kind === 'conv') {
      const name = `${step.name}.weight`;
      folded.set(name, tf.clone(getKernel(weights, name)));
    } else if (step.kind === 'norm') {
      const {scale, shift} = normAffine(weights, step);
      folded.set(`${step.name}.weight`, scale).set(`${step.name}.bias`, shift);
    }
  }
  return folded;
}

/** @param layers layers that will run; their current weights are copied and folded now */
export function frozenInterpreter(
  weights: ParameterMap,
  layers: readonly Layer[],
): FrozenInterpreter {
  const folded = new Map<string, Tensor>();
  tf.tidy(() =>
    foldLayers(weights, layers).forEach((tensor, name) => folded.set(name, tf.keep(tensor))),
  );
  const filter = ({name}: ConvLayer): Tensor4D => folded.get(`${name}.weight`) as Tensor4D;
  const vector = (name: string): Tensor1D => folded.get(name) as Tensor1D;
  return {
    ...sharedWords,
    conv: (conv, x) => ops().conv2d(x, filter(conv), conv.stride, conv.padding),
    norm: ({name}, x) =>
      applyAffine(x, {scale: vector(`${name}.weight`), shift: vector(`${name}.bias`)}),
    convNorm: (conv, _, x) =>
      ops().convBias(x, filter(conv), vector(`${conv.name}.bias`), conv.stride, conv.padding),
    foldedTensors: selected => {
      const names = selected.flatMap(({name}) => [`${name}.weight`, `${name}.bias`]);
      return new Map(names.filter(name => folded.has(name)).map(name => [name, folded.get(name)!]));
    },
    dispose: () => folded.forEach(tensor => tensor.dispose()),
  };
}
