import {disposeWeights, type NamedWeights} from '../backbones/device-weights.js';
import {tf, type Tensor2D, type Tensor4D} from '../engine/tensorflow.js';
import type {Network} from './classifier.js';
import {FrozenPasses} from './frozen-passes.js';
import {headForward, headShapes} from './head.js';

/** A classifier as it was when it was frozen, for inference only. */
export interface FrozenClassifier {
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
export function freezeClassifier(network: Network): FrozenClassifier {
  const {spec, head, layers, weights} = network;
  const whole = spec.lastStage + 1;
  const backbone = new FrozenPasses(network, whole, true);
  const ownHead: NamedWeights = new Map([...headShapes(layers).keys()].map(name => [name, tf.variable(weights.get(name)!, false)]));
  return {
    logits: pixels => tf.tidy(() => headForward(head, ownHead, layers, backbone.run(pixels, 0, whole) as Tensor2D)),
    dispose: () => {
      backbone.dispose();
      disposeWeights(ownHead);
    },
  };
}
