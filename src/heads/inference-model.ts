import {disposeWeights, type ParameterMap} from '../backbones/parameters.js';
import {tf, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';
import type {ClassifierNetwork} from './classifier.js';
import {FrozenBackbone} from './frozen-backbone.js';
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
  dispose(): void;
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
  return {
    outputs,
    logits: pixels => tf.tidy(() => outputs(pixels).logits),
    dispose: () => {
      backbone.dispose();
      disposeWeights(headParameters);
    },
  };
}
