import {ops} from '../backend/ops/current-ops.js';
import {tf, type Tensor, type Tensor1D, type Tensor4D} from '../backend/tensorflow.js';
import {LOWEST_FLOAT, type BatchStatistics} from '../backend/ops/ops.js';
import type {Interpreter} from './forward.js';
import type {Block, ConvLayer, Layer, NormLayer} from './layers.js';
import {getKernel, getVector, type ParameterMap} from './parameters.js';

/** Layers that are the same in training and inference. */
const sharedWords = {
  relu: (_, x) => ops().relu(x),
  pad: ({padding}, x) => ops().pad(x, padding, 0),
  maxPool: ({size, stride, padding}, x) =>
    ops().maxPool(padding === 0 ? x : ops().pad(x, padding, LOWEST_FLOAT), size, stride),
  averagePool: ({size}, x) => ops().averagePool(x, size),
  padChannels: ({before, after}, x) =>
    tf.pad4d(x, [
      [0, 0],
      [0, 0],
      [0, 0],
      [before, after],
    ]),
  add: (_, a, b) => ops().add(a, b),
  scope: block => tf.tidy(block),
} satisfies Partial<Interpreter<Tensor4D>>;

function convolve(
  x: Tensor4D,
  weights: ParameterMap,
  {name, stride, padding, hasBias}: ConvLayer,
): Tensor4D {
  const y = ops().conv2d(x, getKernel(weights, `${name}.weight`), stride, padding);
  return hasBias ? ops().biasAdd(y, getVector(weights, `${name}.bias`)) : y;
}

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

/** Copies and folds the weights of blocks. A batch norm without a convolution becomes scale (`weight`) and shift (`bias`). */
function foldBlocks(weights: ParameterMap, blocks: readonly Block[]): Map<string, Tensor> {
  const folded = new Map<string, Tensor>();
  for (const step of blocks.flatMap(({steps}) => steps)) {
    if (step.kind === 'convNorm') {
      const {filter, bias} = foldBatchNorm(weights, step.conv, step.norm);
      folded.set(`${step.conv.name}.weight`, filter).set(`${step.conv.name}.bias`, bias);
    } else if (step.kind === 'conv') {
      const {name, hasBias} = step;
      folded.set(`${name}.weight`, tf.clone(getKernel(weights, `${name}.weight`)));
      if (hasBias) folded.set(`${name}.bias`, tf.clone(getVector(weights, `${name}.bias`)));
    } else if (step.kind === 'norm') {
      const {scale, shift} = normAffine(weights, step);
      folded.set(`${step.name}.weight`, scale).set(`${step.name}.bias`, shift);
    }
  }
  return folded;
}

/** @param blocks blocks that will run; their current weights are copied and folded now */
export function frozenInterpreter(
  weights: ParameterMap,
  blocks: readonly Block[],
): FrozenInterpreter {
  const folded = new Map<string, Tensor>();
  tf.tidy(() =>
    foldBlocks(weights, blocks).forEach((tensor, name) => folded.set(name, tf.keep(tensor))),
  );
  const filter = ({name}: ConvLayer): Tensor4D => folded.get(`${name}.weight`) as Tensor4D;
  const vector = (name: string): Tensor1D => folded.get(name) as Tensor1D;
  const convBias = (conv: ConvLayer, x: Tensor4D): Tensor4D =>
    ops().convBias(x, filter(conv), vector(`${conv.name}.bias`), conv.stride, conv.padding);
  return {
    ...sharedWords,
    conv: (conv, x) =>
      conv.hasBias ? convBias(conv, x) : ops().conv2d(x, filter(conv), conv.stride, conv.padding),
    norm: ({name}, x) =>
      applyAffine(x, {scale: vector(`${name}.weight`), shift: vector(`${name}.bias`)}),
    convNorm: (conv, _, x) => convBias(conv, x),
    foldedTensors: selected => {
      const names = selected.flatMap(({name}) => [`${name}.weight`, `${name}.bias`]);
      return new Map(names.filter(name => folded.has(name)).map(name => [name, folded.get(name)!]));
    },
    dispose: () => folded.forEach(tensor => tensor.dispose()),
  };
}
