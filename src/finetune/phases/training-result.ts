import {concatFloat32} from '../../core/state-dict.js';
import {withProgress, type BatchSource} from '../../training/loop/batch-source.js';
import type {HeadSolution} from '../../training/head-solver/solve-head.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {PhaseModel} from '../../training/loop/phase-model.js';
import {lastLayerOf, scaleLogits, type Classifier} from '../../heads/classifier.js';
import {
  applyTemperature,
  calibrate,
  type Calibration,
} from '../../training/calibration/temperature.js';
import {lossSum} from '../../training/metrics/loss-sum.js';
import {RunningMetrics, type Metrics} from '../../training/metrics/metrics.js';
import {fitOpenSet} from '../../training/open-set/open-set.js';
import {toOpenSetRecord, type OpenSetRecord} from '../../training/open-set/open-set-record.js';
import {evaluateBatches} from '../../training/metrics/evaluate.js';
import type {SuspiciousImages} from '../label-issues.js';
import type {RunContext} from '../run/run-context.js';
import type {RunState} from './run-state.js';

/** Result of training. The classifier holds the best weights, and its logits are calibrated. */
export interface TrainingResult {
  readonly metrics: Metrics;
  readonly history: readonly EpochRow[];
  readonly calibration: Calibration;
  /** What tells images of none of the classes; absent for few validation images. */
  readonly openSet?: OpenSetRecord;
  /** Validation probabilities of the best weights, calibrated, `[count * classes]`. */
  readonly probabilities: Float32Array;
  /** Features of the validation images that the last layer takes, `[count * width]`. */
  readonly features: Float32Array;
  readonly headSolutions: readonly HeadSolution[];
  /** Present if a phase used features of a fully frozen backbone. */
  readonly suspiciousImages?: SuspiciousImages;
}

/** Fits a temperature on validation probabilities. The head of the classifier absorbs it. @returns the probabilities, calibrated */
function calibrateClassifier(
  classifier: Classifier,
  measured: Float32Array,
  labels: Int32Array,
): {readonly calibration: Calibration; readonly probabilities: Float32Array} {
  const classes = classifier.classNames.length;
  const calibration = calibrate({probabilities: measured, labels, classes});
  const {temperature} = calibration;
  if (temperature === 1) return {calibration, probabilities: measured};
  scaleLogits(classifier, temperature);
  return {calibration, probabilities: applyTemperature(measured, classes, temperature)};
}

/** Validates the best weights again to collect their probabilities, and calibrates them: the head absorbs the temperature. */
export async function measureBestWeights(
  model: PhaseModel,
  validation: BatchSource,
  labels: Int32Array,
  batchSize: number,
  {history, labelIssues, headSolutions}: RunState,
  run: RunContext,
): Promise<TrainingResult> {
  const batches: Float32Array[] = [];
  const inputs = withProgress(validation, run.imageProgress('evaluate'));
  const featureBatches: Float32Array[] = [];
  await run.time('evaluate', () =>
    evaluateBatches(model, inputs, {
      batchSize,
      onProbabilities: batch => void batches.push(batch),
      onFeatures: batch => void featureBatches.push(batch),
    }),
  );
  const {classifier} = model;
  const {calibration, probabilities} = calibrateClassifier(
    classifier,
    concatFloat32(batches),
    labels,
  );
  run.emit({type: 'calibrated', calibration});
  const features = concatFloat32(featureBatches);
  const openSet = fitOpenSet({features, probabilities}, lastLayerOf(classifier));
  const metrics = new RunningMetrics(classifier.classNames);
  metrics.add(probabilities, labels, lossSum(probabilities, labels, classifier.classNames.length));
  return {
    metrics: metrics.metrics(),
    calibration,
    ...(openSet !== undefined && {openSet: toOpenSetRecord(openSet)}),
    history: history.rows,
    headSolutions,
    probabilities,
    features,
    ...(labelIssues.found && {suspiciousImages: labelIssues.found}),
  };
}
