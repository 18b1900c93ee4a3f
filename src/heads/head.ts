import {createRng, type Rng} from '../core/rng.js';
import type {CpuTensor, StateDict} from '../core/state-dict.js';
import {getKernel, getVector, type ParameterMap} from '../backbones/parameters.js';
import {ops} from '../backend/ops/current-ops.js';
import {tf, type Tensor1D, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';

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

/** A kind of head: its layers on pooled features. The last layer gives the logits. */
type HeadLayers = (inputs: number, classes: number) => DenseSpec[];

/** Every kind of head by its name in a recipe. A new one is a row here. */
export const HEADS = {
  linear: (inputs, classes) => [{name: 'fc', inputs, outputs: classes, relu: false}],
  /** torch's `Sequential(Linear, ReLU, Dropout, Linear)`. */
  mlp: (inputs, classes) => [
    {name: 'fc.0', inputs, outputs: MLP_HIDDEN_WIDTH, relu: true},
    {name: 'fc.3', inputs: MLP_HIDDEN_WIDTH, outputs: classes, relu: false},
  ],
} as const satisfies Readonly<Record<string, HeadLayers>>;

export type HeadType = keyof typeof HEADS;
export const HEAD_TYPES = Object.keys(HEADS) as HeadType[];

/** `avg+max` concatenates both, doubling the width (fastai's AdaptiveConcatPool2d). */
export const POOLINGS = ['avg', 'avg+max'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** The classifier on the last feature map. */
export interface HeadSpec {
  readonly type: HeadType;
  readonly pooling: Pooling;
  /** Share of the inputs of the last layer that is dropped in training. */
  readonly dropout: number;
}

/** The layers of a head on features of `width` channels. */
export const denseLayers = (
  {type, pooling}: HeadSpec,
  width: number,
  classes: number,
): DenseSpec[] => HEADS[type](pooling === 'avg' ? width : 2 * width, classes);

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
