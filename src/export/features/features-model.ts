import {runTaps, tappedLayers, type TappedNetwork} from '../../backbones/taps.js';
import type {Backbone} from '../../backbones/parameters.js';
import {tf, type LayersModel} from '../../backend/tensorflow.js';
import {
  applyLayer,
  layersInterpreter,
  normalizePixels,
  setBackboneWeights,
} from '../tfjs/layers-model.js';

/**
 * Converts a backbone to a tfjs LayersModel with one output per tap, named after it. Input: RGB 0..255, float32 `[n, h, w, 3]`, of any
 * size. Weights are copied, so the model does not change with the backbone. The caller disposes the model.
 */
export function toFeaturesModel(backbone: Backbone, network: TappedNetwork): LayersModel {
  const pixels = tf.input({shape: [null, null, 3], name: 'pixels'});
  const maps = runTaps(layersInterpreter, network, normalizePixels(pixels));
  const outputs = [...maps].map(([name, map]) =>
    applyLayer(tf.layers.activation({activation: 'linear', name}), map),
  );
  const model = tf.model({inputs: pixels, outputs, name: `${backbone.spec.arch}_features`});
  tf.tidy(() => setBackboneWeights(model, tappedLayers(network), backbone));
  return model;
}
