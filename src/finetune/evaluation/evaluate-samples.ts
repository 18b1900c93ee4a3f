import {throwIfAborted} from '../../core/errors.js';
import type {TestTimeAugmentation} from '../../datasets/images/test-time-views.js';
import type {Sample} from '../../datasets/sample.js';
import type {ExportedModel} from '../../export/exported-model.js';
import {combineKnown} from '../../export/recognition.js';
import {checkTestTimeAugmentation, imagesPerBatch} from '../../export/score-images.js';
import {lossSum} from '../../training/metrics/loss-sum.js';
import {RunningMetrics, type Metrics} from '../../training/metrics/metrics.js';
import type {RunContext} from '../run/run-context.js';
import {KnownScoreCollector, type KnownScores} from './evaluate-unknown.js';
import {readBatch, type EvaluationBatch} from './read-batch.js';
import {MemberComparison, type EnsembleEvaluation} from './member-comparison.js';

/** Metrics of a model on samples. */
export interface SampleEvaluation {
  /** `undefined` if no image is readable. */
  readonly metrics: Metrics | undefined;
  readonly ensemble?: EnsembleEvaluation;
  readonly knownScores: KnownScores;
}

/**
 * Evaluates a model on samples. The members of an ensemble are evaluated on the same images and compared with it.
 * @param labels label of the model for each label of the samples
 * @throws NoCornersError; AbortedError
 */
export async function evaluateSamples(
  model: ExportedModel,
  samples: readonly Sample[],
  labels: ReadonlyMap<number, number>,
  tta: TestTimeAugmentation,
  run: RunContext,
): Promise<SampleEvaluation> {
  const {members, classNames} = model;
  checkTestTimeAugmentation(members, tta);
  const metrics = new RunningMetrics(classNames);
  const comparison = members.length > 1 ? new MemberComparison(members, classNames) : undefined;
  const collector = new KnownScoreCollector();
  const batchSize = imagesPerBatch(members, tta);
  const nextBatch = (start: number): Promise<EvaluationBatch> =>
    readBatch(samples.slice(start, start + batchSize), labels, model, tta, run);
  let next = nextBatch(0);
  for (let start = 0; start < samples.length; start += batchSize) {
    throwIfAborted(run.signal);
    const {images, labels: truths} = await next;
    next = nextBatch(start + batchSize);
    if (images.length === 0) continue;
    const memberScores = model.memberScores(images, tta);
    const scores = memberScores.map(({probabilities}) => probabilities);
    const combined = model.combine(scores);
    metrics.add(combined, truths, lossSum(combined, truths, classNames.length));
    comparison?.add(scores, combined, truths);
    collector.add(combineKnown(memberScores), combined, classNames.length);
    const done = Math.min(start + batchSize, samples.length);
    run.progress('evaluate', done, samples.length, 'images');
  }
  const knownScores = collector.result();
  if (metrics.numImages === 0) return {metrics: undefined, knownScores};
  return {
    metrics: metrics.metrics(),
    knownScores,
    ...(comparison !== undefined && {ensemble: comparison.result()}),
  };
}
