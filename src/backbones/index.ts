/**
 * `finetune/backbones`: ResNets without their classifier. Find or download weights, read them from any supported format, and run a forward
 * pass of some layer groups.
 *
 * Start a backend first: `startBackend` of `finetune`.
 *
 * @example
 * import {startBackend} from 'finetune';
 * import {loadBackbone, locateWeights} from 'finetune/backbones';
 *
 * await startBackend({install: true});
 * const {path, pretrained} = await locateWeights('auto', 'resnet18');
 * const backbone = await loadBackbone('resnet18', 4, path, pretrained);
 *
 * @module
 */
export {createRandomBackbone, loadBackbone, type LoadBackboneOptions} from './load-backbone.js';
export type {Backbone} from './parameters.js';
export {
  locateWeights,
  type LocatedWeights,
  type LocateOptions,
} from './pretrained/locate-weights.js';
export {listPretrained, type PretrainedWeights} from './pretrained/pretrained.js';
export {readWeights} from './readers/read-weights.js';
export {
  LAYER_GROUPS,
  getLayerGroup,
  presentLayerGroups,
  type GroupLearningRates,
  type LayerGroup,
} from './layer-groups.js';
export {
  ARCHS,
  type Arch,
  type BackboneSpec,
  type LastStage,
  type ResNetSpec,
} from './resnet-specs.js';
export {RESNETS} from './resnets.js';
export {backboneShapes, countParameters, featureWidth, networkLayers} from './network.js';
export type {
  AddLayer,
  ConvLayer,
  Layer,
  MaxPoolLayer,
  NormLayer,
  PadLayer,
  ReluLayer,
} from './layers.js';
export {forward, type Interpreter} from './forward.js';
export {features, type FeatureTensors} from './features.js';
export {tapNames, type TapName} from './taps.js';
export {inferenceInterpreter, trainingInterpreter} from './interpreters.js';
export {disposeWeights, loadStateDict, toDevice, toHost, type ParameterMap} from './parameters.js';
export type {CpuTensor, StateDict} from '../core/state-dict.js';
