import {disposeWeights, toHost, type ParameterMap} from '../backbones/parameters.js';
import {tf, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';
import type {ActivationMap} from '../datasets/activation-maps/placed-map.js';
import type {ClassifierNetwork} from './classifier.js';
import {FrozenBackbone} from './frozen-backbone.js';
import {gradCam, type HeadWeights} from './grad-cam.js';
import {headOutput, headShapes, type HeadOutput} from './head.js';

/** A copy of a classifier for inference only. */
export interface InferenceModel {
  /**
   * @param pixels RGB 0..255, float32 or int32 `[n, height, width, 3]`, resized and cropped by the weights' preprocessing
   * @returns logits `[n, classes]`; the caller disposes them
   */
  logits(pixels: Tensor4D): Tensor2D;
  /** The logits, and the features that the last layer takes. @returns both; the caller disposes them */
  outputs(pixels: Tensor4D): HeadOutput;
  /**
   * Computes where the evidence for a class lies in each image.
   * @param classIndices class of each image
   */
  activationMaps(pixels: Tensor4D, classIndices: readonly number[]): ActivationMap[];
  dispose(): void;
}

/** Downloads a head. */
function readHead({head, layers}: ClassifierNetwork, parameters: ParameterMap): HeadWeights {
  const tensors = toHost(parameters);
  const dataOf = (name: string): Float32Array => tensors.get(name)!.data as Float32Array;
  return {
    pooling: head.pooling,
    layers: layers.map(({name}) => ({
      weight: dataOf(`${name}.weight`),
      bias: dataOf(`${name}.bias`),
    })),
  };
}

/** The activation map of each image of a batch. @param maps last feature maps, `[n, rows, columns, channels]` */
function mapsOfBatch(
  maps: Tensor4D,
  head: HeadWeights,
  classIndices: readonly number[],
): ActivationMap[] {
  const [, rows, columns, channels] = maps.shape;
  const values = maps.dataSync<'float32'>();
  const length = rows * columns * channels;
  return classIndices.map((classIndex, i) => {
    const map = {rows, columns, values: values.subarray(i * length, (i + 1) * length)};
    return gradCam(map, head, classIndex);
  });
}

/**
 * Copies a classifier and folds every batch norm into its convolution, so that a forward pass is cheaper than in training. Later changes to
 * the classifier, including its disposal, do not affect the copy.
 */
export function toInference(network: ClassifierNetwork): InferenceModel {
  const {spec, head, layers, weights} = network;
  const backboneDepth = spec.lastStage + 1;
  const backbone = new FrozenBackbone(network, backboneDepth, true);
  const headParameters: ParameterMap = new Map(
    [...headShapes(layers).keys()].map(name => [name, tf.variable(weights.get(name)!, false)]),
  );
  const outputs = (pixels: Tensor4D): HeadOutput =>
    tf.tidy(() => {
      const pooled = backbone.run(pixels, 0, backboneDepth) as Tensor2D;
      const {features, logits} = headOutput(head, headParameters, layers, pooled);
      return {features, logits};
    });
  let headWeights: HeadWeights | undefined;
  const activationMaps = (pixels: Tensor4D, classIndices: readonly number[]): ActivationMap[] => {
    headWeights ??= readHead(network, headParameters);
    const maps = backbone.lastMap(pixels);
    try {
      return mapsOfBatch(maps, headWeights, classIndices);
    } finally {
      maps.dispose();
    }
  };
  return {
    outputs,
    activationMaps,
    logits: pixels => tf.tidy(() => outputs(pixels).logits),
    dispose: () => {
      backbone.dispose();
      disposeWeights(headParameters);
    },
  };
}
