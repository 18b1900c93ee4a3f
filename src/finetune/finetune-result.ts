import type {BackendInfo} from '../backend/runtime/runtime.js';
import type {Finding} from '../core/finding.js';
import type {Split} from '../datasets/splitting/splits.js';
import type {Classifier} from '../heads/classifier.js';
import type {ModelSize} from '../report/run-record.js';
import type {Calibration} from '../training/calibration/temperature.js';
import type {HeadSolution} from '../training/head-solver/solve-head.js';
import type {OpenSetRecord} from '../training/open-set/open-set-record.js';
import type {EpochRow} from '../training/loop/history.js';
import type {Metrics} from '../training/metrics/metrics.js';
import type {Recipe} from './recipe/recipe.js';
import type {RunContext} from './run/run-context.js';

/**
 * Result of a run. The caller disposes the classifier.
 *
 * @example
 * const {classifier, metrics, history} = await finetune(folder, recipe);
 * console.log(metrics.validation.accuracy, history.length);
 * classifier.dispose();
 */
export interface FinetuneResult {
  /** Classifier with the best weights, by validation accuracy (balanced accuracy if the recipe balances classes), then by loss. */
  readonly classifier: Classifier;
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
  /** Probabilities of the validation images, `[count * classes]`, in the order of `split.validation`. */
  readonly validationProbabilities: Float32Array;
  /** Temperature of the probabilities, fitted on the validation images. */
  readonly calibration: Calibration;
  /** What tells images of none of the classes, for `exportModel`; absent for few validation images. */
  readonly openSet?: OpenSetRecord;
  readonly history: readonly EpochRow[];
  /** How heads were solved to convergence; empty if all phases trained in epochs. */
  readonly headSolutions: readonly HeadSolution[];
  readonly findings: readonly Finding[];
  readonly split: Split;
  readonly timings: RunContext['timings'];
  readonly backend: BackendInfo;
  readonly recipe: Recipe;
  /** Directories of the run and of the exported model, if `out` was set. */
  readonly run?: string;
  readonly model?: string;
  /** Size and speed of the exported model, if `out` was set. */
  readonly modelSize?: ModelSize;
}

/**
 * Result of a run with a directory.
 *
 * @example
 * const {run, model} = await finetune(folder, recipe, {out: './run'});
 * const loaded = await loadModel(model);
 */
export type WrittenResult = FinetuneResult & {readonly run: string; readonly model: string};
