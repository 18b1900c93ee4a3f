import {frozenInterpreter} from '../backbones/interpreters.js';
import {normalise} from '../backbones/normalise.js';
import {forward} from '../backbones/resnet.js';
import {convolutions} from '../backbones/resnet-specs.js';
import {tf, type Tensor2D, type Tensor4D} from '../engine/tensorflow.js';
import type {Classifier} from './classifier.js';
import {headForward, pool} from './head.js';

/** A classifier as it stands, for inference only. */
export interface FrozenClassifier {
  /**
   * @param pixels RGB 0..255, float32 or int32 `[n, height, width, 3]`, resized and cropped by the weights' preprocessing
   * @returns `[n, classes]`, before the softmax; the caller disposes it
   */
  logits(pixels: Tensor4D): Tensor2D;
  dispose(): void;
}

/**
 * Folds every batch norm into its convolution, which makes a forward pass cheaper than the one that trains. The backbone is copied: its
 * later changes do not show. The head is not, and must outlive this.
 */
export function freezeClassifier({spec, head, layers, preprocessing, weights}: Classifier): FrozenClassifier {
  const backbone = frozenInterpreter(spec, weights, convolutions(spec));
  return {
    logits: pixels =>
      tf.tidy(() => headForward(head, weights, layers, pool(head, forward(backbone, spec, normalise(pixels, preprocessing))))),
    dispose: () => backbone.dispose(),
  };
}
