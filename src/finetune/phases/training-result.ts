import {concatFloat32} from '../../core/state-dict.js';
import {withProgress, type BatchSource} from '../../training/loop/batch-source.js';
import type {HeadSolution} from '../../training/head-solver/solve-head.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {PhaseModel} from '../../training/loop/phase-model.js';
import {evaluateBatches} from '../../training/metrics/evaluate.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {SuspiciousImages} from '../label-issues.js';
import type {RunContext} from '../run/run-context.js';
import type {RunState} from './run-state.js';

/** Result of training. The classifier holds the best weights. */
export interface TrainingResult {
  readonly metrics: Metrics;
  readonly history: readonly EpochRow[];
  /** Validation probabilities of the best weights, `[count * classes]`. */
  readonly probabilities: Float32Array;
  readonly headSolutions: readonly HeadSolution[];
  /** Present if a phase used features of a fully frozen backbone. */
  readonly suspiciousImages?: SuspiciousImages;
}

/** Validates the best weights again to collect their probabilities. */
export async function measureBestWeights(
  model: PhaseModel,
  validation: BatchSource,
  batchSize: number,
  {history, labelIssues, headSolutions}: RunState,
  run: RunContext,
): Promise<TrainingResult> {
  const batches: Float32Array[] = [];
  const inputs = withProgress(validation, run.imageProgress('evaluate'));
  const onProbabilities = (batch: Float32Array): void => void batches.push(batch);
  const metrics = await run.time('evaluate', () =>
    evaluateBatches(model, inputs, {batchSize, onProbabilities}),
  );
  return {
    metrics,
    history: history.rows,
    headSolutions,
    probabilities: concatFloat32(batches),
    ...(labelIssues.found && {suspiciousImages: labelIssues.found}),
  };
}
