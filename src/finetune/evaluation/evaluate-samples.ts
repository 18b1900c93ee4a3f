import {throwIfAborted} from '../../core/errors.js';
import {describeDecodeError} from '../../datasets/images/image-error.js';
import type {TestTimeAugmentation} from '../../datasets/images/test-time-views.js';
import {skippedFindings} from '../../datasets/discovery/skipped-files.js';
import type {Sample} from '../../datasets/sample.js';
import type {ExportedModel} from '../../export/exported-model.js';
import {
  checkTestTimeAugmentation,
  imagesPerBatch,
  readImageViews,
  type ImageViews,
} from '../../export/score-images.js';
import {lossSum} from '../../training/metrics/loss-sum.js';
import {RunningMetrics, type Metrics} from '../../training/metrics/metrics.js';
import type {RunContext} from '../run/run-context.js';
import {MemberComparison, type EnsembleEvaluation} from './member-comparison.js';

interface ImageBatch {
  readonly images: readonly ImageViews[];
  /** Labels of the model. */
  readonly labels: Int32Array;
}

/** Metrics of a model on samples. */
export interface SampleEvaluation {
  /** `undefined` if no image is readable. */
  readonly metrics: Metrics | undefined;
  readonly ensemble?: EnsembleEvaluation;
}

/** Decodes samples with the preprocessing of the model. An unreadable image becomes a finding. */
async function readBatch(
  samples: readonly Sample[],
  labels: ReadonlyMap<number, number>,
  {members}: ExportedModel,
  tta: TestTimeAugmentation,
  run: RunContext,
): Promise<ImageBatch> {
  const read = await Promise.all(
    samples.map(async ({path, name, label}) => {
      try {
        return {label: labels.get(label)!, views: await readImageViews(path, members, tta)};
      } catch (error) {
        skippedFindings('unreadable-image', 'warning', [name], describeDecodeError(error)).forEach(
          finding => run.addFinding(finding),
        );
        return undefined;
      }
    }),
  );
  const readable = read.filter(image => image !== undefined);
  return {
    images: readable.map(({views}) => views),
    labels: Int32Array.from(readable, ({label}) => label),
  };
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
  const batchSize = imagesPerBatch(members, tta);
  const nextBatch = (start: number): Promise<ImageBatch> =>
    readBatch(samples.slice(start, start + batchSize), labels, model, tta, run);
  let next = nextBatch(0);
  for (let start = 0; start < samples.length; start += batchSize) {
    throwIfAborted(run.signal);
    const {images, labels: truths} = await next;
    next = nextBatch(start + batchSize);
    if (images.length === 0) continue;
    const scores = model.memberProbabilities(images, tta);
    const combined = model.combine(scores);
    metrics.add(combined, truths, lossSum(combined, truths, classNames.length));
    comparison?.add(scores, combined, truths);
    const done = Math.min(start + batchSize, samples.length);
    run.progress('evaluate', done, samples.length, 'images');
  }
  if (metrics.numImages === 0) return {metrics: undefined};
  return {
    metrics: metrics.metrics(),
    ...(comparison !== undefined && {ensemble: comparison.result()}),
  };
}
