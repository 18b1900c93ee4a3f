export {
  finetune,
  type FinetuneOptions,
  type FinetuneResult,
  type WrittenResult,
} from './finetune/finetune.js';
export {
  crossValidate,
  type CrossValidationResult as FoldsResult,
} from './finetune/folds/cross-validate.js';
export {evaluate, type Evaluation, type EvaluateOptions} from './finetune/evaluate.js';
export {resolveRecipe} from './finetune/recipe/resolve-recipe.js';
export type {Phase, Recipe, RecipeInput} from './finetune/recipe/recipe.js';
export type {Activity, RunEventListener as Listener, RunEvent} from './finetune/events.js';
export {
  everySample,
  loadImageFolder,
  type ImageFolder,
  type ImageFolderOptions,
  type Sample,
} from './datasets/discovery/image-folder.js';
export {checkImages, type CheckReport} from './datasets/inspection/check.js';
export type {Split} from './datasets/splitting/split.js';
export type {Classifier} from './heads/classifier.js';
export {
  exportModel as saveBundle,
  type ExportModelOptions as BundleDetails,
  type ExportModelResult as SavedBundle,
} from './export/export-model.js';
export {
  loadModel as loadBundle,
  type LoadModelOptions as LoadBundleOptions,
} from './export/load-model.js';
export type {
  ExportedModel as Bundle,
  ClassifyOptions,
  Prediction,
  Predictions,
} from './export/exported-model.js';
export type {ImageSource} from './export/image-source.js';
export {
  startBackend as startEngine,
  type EngineInfo,
  type EngineWish,
} from './backend/runtime/runtime.js';
export type {Finding} from './core/finding.js';
export type {Preprocessing} from './core/preprocessing.js';
export type {ClassMetrics, Metrics} from './training/metrics/metrics.js';
export {ArgumentError} from './core/arguments.js';
export {
  AbortedError,
  DatasetError,
  FinetuneError,
  UnsupportedEnvironmentError as MachineError,
  UsageError,
} from './core/errors.js';
