import {createRng, type Rng} from '../core/rng.js';
import type {CpuTensor, StateDict} from '../core/state-dict.js';
import {getKernel, getVector, type ParameterMap} from '../backbones/parameters.js';
import {ops} from '../backend/ops/current-ops.js';
import {tf, type Tensor1D, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';

/** Width of an mlp's hidden layer (fastai/vision/learner.py, create_head). */
export const MLP_HIDDEN_WIDTH = 512;

/** A linear layer of a head. */
export interface DenseSpec {
  /** Key prefix: `fc`, as torchvision names its classifier, or `fc.0` and `fc.3` in an mlp. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly relu: boolean;
}

/** A type of head: its layers on pooled features. The last layer returns the logits. */
type HeadLayers = (inputs: number, classes: number) => DenseSpec[];

/** Types of heads by their name in a recipe. To add one, add a row. */
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

/** `avg+max` concatenates both, which doubles the width (fastai's AdaptiveConcatPool2d). */
export const POOLINGS = ['avg', 'avg+max'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** The classifier layers on the last feature map. */
export interface HeadSpec {
  readonly type: HeadType;
  readonly pooling: Pooling;
  /** Dropout rate of the last layer's input in training, 0..1. */
  readonly dropout: number;
}

/** Layers of a head on features with `width` channels. */
export const denseLayers = (
  {type, pooling}: HeadSpec,
  width: number,
  classes: number,
): DenseSpec[] => HEADS[type](pooling === 'avg' ? width : 2 * width, classes);

/** Shapes of a head's tensors by state-dict key, in torchvision's layout (`[out, in]`). */
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
 * Creates a new head's tensors. The logits layer is zero, so that the first loss is ln(classes) and the first gradients do not distort the
 * backbone at random (BiT, https://arxiv.org/abs/1912.11370).
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

/** Pools a feature map: `[n, h, w, c] -> [n, c]`, or `[n, 2c]` with `avg+max`. */
export function poolFeatures({pooling}: HeadSpec, features: Tensor4D): Tensor2D {
  const average = ops().averagePoolGlobal(features);
  return pooling === 'avg' ? average : tf.concat2d([average, ops().maxPoolGlobal(features)], 1);
}

/** Result of a head. */
export interface HeadOutput {
  /** Input of the last layer, before dropout: `[n, width]`. */
  readonly features: Tensor2D;
  /** `[n, classes]` */
  readonly logits: Tensor2D;
}

/**
 * @param pooled `[n, inputs]`
 * @param dropoutSeed int32 `[2]`; omit it outside training
 */
export function headOutput(
  head: HeadSpec,
  weights: ParameterMap,
  layers: readonly DenseSpec[],
  pooled: Tensor2D,
  dropoutSeed?: Tensor1D,
): HeadOutput {
  const applyDropout = (x: Tensor2D): Tensor2D =>
    dropoutSeed === undefined || head.dropout === 0
      ? x
      : ops().dropout(x, head.dropout, dropoutSeed);
  const applyLayer = (x: Tensor2D, {name, relu}: DenseSpec): Tensor2D => {
    const kernel = getKernel(weights, `${name}.weight`) as unknown as Tensor2D;
    // Only before the logits layer: with one seed, two layers of the same width would drop the same positions.
    const y = tf.add<Tensor2D>(
      tf.matMul(relu ? x : applyDropout(x), kernel),
      getVector(weights, `${name}.bias`),
    );
    return relu ? ops().relu(y) : y;
  };
  const features = layers.slice(0, -1).reduce(applyLayer, pooled);
  return {features, logits: applyLayer(features, layers.at(-1)!)};
}

/** The logits of `headOutput`, `[n, classes]`. */
export const headForward = (...input: Parameters<typeof headOutput>): Tensor2D =>
  headOutput(...input).logits;
