import {disposeWeights, type NamedWeights} from '../backbones/device-weights.js';
import {frozenInterpreter} from '../backbones/interpreters.js';
import {normalise} from '../backbones/normalise.js';
import {forward} from '../backbones/resnet.js';
import {convolutions} from '../backbones/resnet-specs.js';
import {tf, type Tensor2D, type Tensor4D} from '../engine/tensorflow.js';
import type {Classifier} from './classifier.js';
import {headForward, headShapes, pool} from './head.js';

/** A classifier as it was when it was frozen, for inference only. */
export interface FrozenClassifier {
  /**
   * @param pixels RGB 0..255, float32 or int32 `[n, height, width, 3]`, resized and cropped by the weights' preprocessing
   * @returns `[n, classes]`, before the softmax; the caller disposes it
   */
  logits(pixels: Tensor4D): Tensor2D;
  dispose(): void;
}

/** What of a classifier takes part in a forward pass. */
export type Network = Pick<Classifier, 'spec' | 'head' | 'layers' | 'preprocessing' | 'weights'>;

/**
 * Copies a classifier, every batch norm folded into its convolution, which makes a forward pass cheaper than the one that trains. What
 * becomes of the classifier afterwards, its disposal included, does not show.
 */
export function freezeClassifier({spec, head, layers, preprocessing, weights}: Network): FrozenClassifier {
  const backbone = frozenInterpreter(spec, weights, convolutions(spec));
  const ownHead: NamedWeights = new Map([...headShapes(layers).keys()].map(name => [name, tf.variable(weights.get(name)!, false)]));
  return {
    logits: pixels =>
      tf.tidy(() => headForward(head, ownHead, layers, pool(head, forward(backbone, spec, normalise(pixels, preprocessing))))),
    dispose: () => {
      backbone.dispose();
      disposeWeights(ownHead);
    },
  };
}
