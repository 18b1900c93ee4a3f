import {
  disposeWeights,
  toDevice,
  toHost,
  type Backbone,
  type ParameterMap,
} from '../backbones/parameters.js';
import {featureWidth} from '../backbones/network.js';
import type {BackboneSpec} from '../backbones/resnet-specs.js';
import {tf} from '../backend/tensorflow.js';
import type {Preprocessing} from '../core/preprocessing.js';
import {denseLayers, initializeHead, type DenseSpec, type HeadSpec} from './head.js';

/**
 * A backbone with a head: everything needed to train, evaluate and export, but not how.
 *
 * @example
 * const {classifier} = await finetune(folder, recipe);
 * await exportModel(classifier, './model');
 * classifier.dispose();
 */
export interface Classifier {
  readonly spec: BackboneSpec;
  readonly head: HeadSpec;
  readonly layers: readonly DenseSpec[];
  readonly preprocessing: Preprocessing;
  /** Class names; the index is the label. */
  readonly classNames: readonly string[];
  /** Weights of backbone and head, by torchvision state-dict key. */
  readonly weights: ParameterMap;
  /** Weights that the backbone started from: a pretrained-weights entry, a file, or `none`. */
  readonly origin: string;
  dispose(): void;
}

/** The parts of a classifier that a forward pass uses. */
export type ClassifierNetwork = Pick<
  Classifier,
  'spec' | 'head' | 'layers' | 'preprocessing' | 'weights'
>;

/** Divides the logits of a classifier by a temperature, in place: its last layer absorbs it. */
export function scaleLogits({layers, weights}: Classifier, temperature: number): void {
  const {name} = layers.at(-1)!;
  for (const part of ['weight', 'bias']) {
    const variable = weights.get(`${name}.${part}`)!;
    tf.tidy(() => variable.assign(tf.div(variable, temperature)));
  }
}

/** Weights of the last layer, `[classes, width]`, on the host. */
export function lastLayerOf({layers, weights}: Pick<Classifier, 'layers' | 'weights'>): {
  readonly weight: Float32Array;
  readonly classes: number;
} {
  const {name, outputs} = layers.at(-1)!;
  const key = `${name}.weight`;
  const {data} = toHost(weights, each => each === key).get(key)!;
  return {weight: data as Float32Array, classes: outputs};
}

/** Attaches a new head to a backbone. The classifier owns the backbone's weights from then on. */
export function attachHead(
  backbone: Backbone,
  head: HeadSpec,
  classNames: readonly string[],
  seed: number,
): Classifier {
  const width = featureWidth(backbone.spec);
  const weights: ParameterMap = new Map([
    ...backbone.weights,
    ...toDevice(initializeHead(head, width, classNames.length, seed)),
  ]);
  return {
    spec: backbone.spec,
    head,
    layers: denseLayers(head, width, classNames.length),
    preprocessing: backbone.preprocessing,
    classNames,
    weights,
    origin: backbone.origin,
    dispose: () => disposeWeights(weights),
  };
}
