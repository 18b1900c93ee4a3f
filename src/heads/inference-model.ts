import {disposeWeights, type ParameterMap} from '../backbones/parameters.js';
import {tf, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';
import type {ClassifierNetwork} from './classifier.js';
import {FrozenBackbone} from './frozen-backbone.js';
import {headForward, headShapes} from './head.js';

/** A classifier as it was when it was frozen, for inference only. */
export interface InferenceModel {
  /**
   * @param pixels RGB 0..255, float32 or int32 `[n, height, width, 3]`, resized and cropped by the weights' preprocessing
   * @returns `[n, classes]`, before the softmax; the caller disposes it
   */
  logits(pixels: Tensor4D): Tensor2D;
  dispose(): void;
}

/**
 * Copies a classifier, every batch norm folded into its convolution, which makes a forward pass cheaper than the one that trains. What
 * becomes of the classifier afterwards, its disposal included, does not show.
 */
export function toInference(network: ClassifierNetwork): InferenceModel {
  const {spec, head, layers, weights} = network;
  const backboneDepth = spec.lastStage + 1;
  const backbone = new FrozenBackbone(network, backboneDepth, true);
  const headParameters: ParameterMap = new Map(
    [...headShapes(layers).keys()].map(name => [name, tf.variable(weights.get(name)!, false)]),
  );
  return {
    logits: pixels =>
      tf.tidy(() =>
        headForward(
          head,
          headParameters,
          layers,
          backbone.run(pixels, 0, backboneDepth) as Tensor2D,
        ),
      ),
    dispose: () => {
      backbone.dispose();
      disposeWeights(headParameters);
    },
  };
}
