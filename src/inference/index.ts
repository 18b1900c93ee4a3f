/**
 * `finetune/inference`: classification and feature maps with exported models, without what only training needs. The package
 * `finetune-inference` holds this module alone, with fewer dependencies.
 *
 * @example
 * import {loadModel} from 'finetune/inference';
 *
 * const model = await loadModel('./pets-run');
 * const [best] = await model.classify('./new-image.jpg');
 * model.dispose();
 *
 * @module
 */
export {loadModel, type LoadModelOptions} from '../export/load-model.js';
export type {ExportedModel} from '../export/exported-model.js';
export type {ClassifyOptions, Prediction, Predictions, Recognition} from '../export/recognition.js';
export {loadFeatureExtractor} from '../export/features/load-feature-extractor.js';
export type {
  FeatureExtractor,
  FeatureMaps,
  FeatureMapValues,
  FeaturesOptions,
} from '../export/features/feature-extractor.js';
export type {ExplainOptions, ImageExplanation} from '../export/explanation.js';
export type {ActivationMap, PlacedMap} from '../datasets/activation-maps/placed-map.js';
export type {ImageSource} from '../export/image-source.js';
export {startBackend} from '../backend/runtime/runtime.js';
export type {BackendEvent, BackendInfo, BackendOptions} from '../backend/runtime/backend-info.js';
export {installBackend} from '../backend/install/install.js';
export type {InstallOptions} from '../backend/install/install-request.js';
export type {InstalledBackend} from '../backend/install/backend-directory.js';
export type {InstallProgress} from '../backend/install/install-progress.js';
export type {Preprocessing} from '../core/preprocessing.js';
export {ArgumentError} from '../core/arguments.js';
export {
  AbortedError,
  FinetuneError,
  UnsupportedEnvironmentError,
  UsageError,
} from '../core/errors.js';
