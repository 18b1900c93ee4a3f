export {finetune} from './finetune/finetune.js';
export type {FinetuneResult, WrittenResult} from './finetune/finetune-result.js';
export {type FinetuneOptions} from './finetune/finetune-options.js';
export type {MlflowSettings} from './finetune/tracking/mlflow-settings.js';
export {compareWeights, type CompareOptions} from './finetune/comparison/compare-weights.js';
export type {ComparedWeights, WeightsComparison} from './finetune/comparison/comparison.js';
export {
  crossValidate,
  type CrossValidateOptions,
  type CrossValidationResult,
} from './finetune/folds/cross-validate.js';
export {
  trainEnsemble,
  type EnsembleResult,
  type TrainEnsembleOptions,
} from './finetune/ensemble/train-ensemble.js';
export {evaluate, type Evaluation, type EvaluateOptions} from './finetune/evaluate.js';
export {resolveRecipe} from './finetune/recipe/resolve-recipe.js';
export type {Phase} from './finetune/recipe/phases.js';
export type {Recipe, RecipeInput} from './finetune/recipe/recipe.js';
export type {Activity, RunEvent, RunEventListener} from './finetune/events.js';
export {everySample, loadImageFolder} from './datasets/discovery/image-folder.js';
export {type ImageFolder, type ImageFolderOptions, type Sample} from './datasets/sample.js';
export {checkImages, type CheckReport} from './datasets/inspection/check.js';
export type {Split} from './datasets/splitting/splits.js';
export type {Classifier} from './heads/classifier.js';
export {
  exportModel,
  type ExportModelOptions,
  type ExportModelResult,
} from './export/export-model.js';
export {
  exportEnsemble,
  type ExportEnsembleOptions,
  type ExportEnsembleResult,
} from './export/ensemble/export-ensemble.js';
export {loadModel, type LoadModelOptions} from './export/load-model.js';
export type {ExportedModel} from './export/exported-model.js';
export type {ClassifyOptions, Prediction, Predictions, Recognition} from './export/recognition.js';
export {loadFeatureExtractor} from './export/features/load-feature-extractor.js';
export type {
  FeatureExtractor,
  FeatureMaps,
  FeatureMapValues,
  FeaturesOptions,
} from './export/features/feature-extractor.js';
export type {ExplainOptions, ImageExplanation} from './export/explanation.js';
export type {ActivationMap, PlacedMap} from './datasets/activation-maps/placed-map.js';
export type {ImageSource} from './export/image-source.js';
export {startBackend} from './backend/runtime/runtime.js';
export type {BackendEvent, BackendInfo, BackendOptions} from './backend/runtime/backend-info.js';
export {installBackend} from './backend/install/install.js';
export type {InstallOptions} from './backend/install/install-request.js';
export type {InstalledBackend} from './backend/install/backend-directory.js';
export type {InstallProgress} from './backend/install/install-progress.js';
export type {Finding} from './core/finding.js';
export type {Preprocessing} from './core/preprocessing.js';
export type {ClassMetrics, Metrics} from './training/metrics/metrics.js';
export {ArgumentError} from './core/arguments.js';
export {
  AbortedError,
  DatasetError,
  FinetuneError,
  UnsupportedEnvironmentError,
  UsageError,
} from './core/errors.js';
