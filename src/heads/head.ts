import {createRng, type Rng} from '../core/rng.js';
import type {CpuTensor, StateDict} from '../core/state-dict.js';
import {getKernel, getVector, type ParameterMap} from '../backbones/parameters.js';
import {ops} from '../backend/ops/current-ops.js';
import {tf, type Tensor1D, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';

/** What stands on the last feature map. */
export interface HeadSpec {
  readonly type: 'linear' | 'mlp';
  /** `avg+max` concatenates both, doubling the width (fastai's AdaptiveConcatPool2d). */
  readonly pooling: 'avg' | 'avg+max';
  /** Share of what the last layer takes that is dropped in training. */
  readonly dropout: number;
}

/** Width of an mlp's hidden layer (fastai/vision/learner.py, create_head). */
export const MLP_HIDDEN_WIDTH = 512;

/** A linear layer of a head, input to output. */
export interface DenseSpec {
  /** Key prefix: `fc`, as torchvision names its classifier, or `fc.0`, `fc.3` of an mlp. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly relu: boolean;
}

/** The layers of a head on features of `width` channels. An mlp is torch's `Sequential(Linear, ReLU, Dropout, Linear)`. */
export function denseLayers(
  {type, pooling}: HeadSpec,
  width: number,
  classes: number,
): DenseSpec[] {
  const inputs = pooling === 'avg' ? width : 2 * width;
  if (type === 'linear') return [{name: 'fc', inputs, outputs: classes, relu: false}];
  return [
    {name: 'fc.0', inputs, outputs: MLP_HIDDEN_WIDTH, relu: true},
    {name: 'fc.3', inputs: MLP_HIDDEN_WIDTH, outputs: classes, relu: false},
  ];
}

/** Shape by state-dict key, torchvision's layout (`[out, in]`), of every tensor of a head. */
export const headShapes = (layers: readonly DenseSpec[]): Map<string, readonly number[]> =>
  new Map(
    layers.flatMap(({name, inputs, outputs}) => [
      [`${name}.weight`, [outputs, inputs]],
      [`${name}.bias`, [outputs]],
    ]),
  );

/** He et al., https://arxiv.org/abs/1502.01852, eq. 10 */
const sampleHeNormal = (outputs: number, inputs: number, rng: Rng): Float32Array =>
  Float32Array.from({length: outputs * inputs}, () => rng.normal() * Math.sqrt(2 / inputs));

/**
 * A new head's tensors. The layer that gives the logits is zero, so that the first loss is ln(classes) and the first gradients do not
 * distort the backbone by chance (BiT, https://arxiv.org/abs/1912.11370).
 */
export function initializeHead(
  head: HeadSpec,
  width: number,
  classes: number,
  seed: number,
): StateDict {
  const tensors = new Map<string, CpuTensor>();
  for (const {name, inputs, outputs, relu} of denseLayers(head, width, classes)) {
    const data = relu
      ? sampleHeNormal(outputs, inputs, createRng(seed, 'head', name))
      : new Float32Array(outputs * inputs);
    tensors.set(`${name}.weight`, {shape: [outputs, inputs], data});
    tensors.set(`${name}.bias`, {shape: [outputs], data: new Float32Array(outputs)});
  }
  return tensors;
}

/** `[n, h, w, c] -> [n, c]`, or `[n, 2c]` */
export function poolFeatures({pooling}: HeadSpec, features: Tensor4D): Tensor2D {
  const average = ops().averagePoolGlobal(features);
  return pooling === 'avg' ? average : tf.concat2d([average, ops().maxPoolGlobal(features)], 1);
}

/**
 * @param pooled `[n, inputs]`
 * @param dropoutSeed int32 `[2]`; absent outside training
 * @returns logits `[n, classes]`
 */
export function headForward(
  head: HeadSpec,
  weights: ParameterMap,
  layers: readonly DenseSpec[],
  pooled: Tensor2D,
  dropoutSeed?: Tensor1D,
): Tensor2D {
  const applyDropout = (x: Tensor2D): Tensor2D =>
    dropoutSeed === undefined || head.dropout === 0
      ? x
      : ops().dropout(x, head.dropout, dropoutSeed);
  return layers.reduce((x, {name, relu}) => {
    const kernel = getKernel(weights, `${name}.weight`) as unknown as Tensor2D;
    // Before the layer that gives the logits only: the same seed would drop the same places of two layers of one width.
    const y = tf.add<Tensor2D>(
      tf.matMul(relu ? x : applyDropout(x), kernel),
      getVector(weights, `${name}.bias`),
    );
    return relu ? ops().relu(y) : y;
  }, pooled);
}
