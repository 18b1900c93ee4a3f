import {ops} from '../../backend/ops/current-ops.js';
import {TracedSteps} from '../../backend/graph/traced-steps.js';
import {tf, type Tensor2D} from '../../backend/tensorflow.js';
import type {BatchSource} from '../loop/batch-source.js';
import {RunningMetrics, type Metrics} from './metrics.js';
import {yieldToEventLoop} from '../../core/async.js';
import type {PhaseModel} from '../loop/phase-model.js';

/** Maximum number of images per evaluation batch. */
const MAX_BATCH_SIZE = 64;

export interface EvaluationOptions {
  /** Batch size of training. Evaluation uses no larger batches, and so no more memory. */
  readonly batchSize?: number;
  /** Traced steps over the variables of the network, to reuse those of training. */
  readonly steps?: TracedSteps;
  /** Called with the probabilities of each batch, `[n * classes]` row-major, in the order of the samples. */
  readonly onProbabilities?: (probabilities: Float32Array) => void;
}

/** Computes the metrics of a network on unaugmented images. */
export async function evaluateBatches(
  network: PhaseModel,
  inputs: BatchSource,
  options: EvaluationOptions = {},
): Promise<Metrics> {
  const steps = options.steps ?? new TracedSteps(network.variables, {constants: network.folded});
  try {
    return await evaluateWithSteps(steps, network, inputs, options);
  } finally {
    if (options.steps === undefined) steps.dispose();
  }
}

async function evaluateWithSteps(
  steps: TracedSteps,
  network: PhaseModel,
  inputs: BatchSource,
  {batchSize = MAX_BATCH_SIZE, onProbabilities}: EvaluationOptions,
): Promise<Metrics> {
  const metrics = new RunningMetrics(network.classifier.classNames);
  const order = Array.from({length: inputs.count}, (_, index) => index);
  for await (const {x, labels} of inputs.batches(
    order,
    Math.min(MAX_BATCH_SIZE, batchSize),
    null,
  )) {
    const {probabilities, lossSum} = tf.tidy(() => {
      const logits = steps.run<Tensor2D>(
        {
          name: 'evaluate',
          hasDynamicBatch: true,
          run: () => network.forwardFromFrozenDepth(network.forwardToFrozenDepth(x)),
        },
        new Map([['x', x]]),
      );
      const mean = ops().softmaxCrossEntropy(
        logits,
        tf.tensor1d(labels, 'int32'),
        tf.ones([labels.length]),
        0,
      );
      return {
        probabilities: tf.softmax(logits).dataSync<'float32'>().slice(),
        lossSum: mean.dataSync()[0]! * labels.length,
      };
    });
    x.dispose();
    metrics.add(probabilities, labels, lossSum);
    onProbabilities?.(probabilities);
    await yieldToEventLoop();
  }
  return metrics.metrics();
}

/** Metric for the best model: the fraction of correct images, or the mean recall of the classes. */
export type SelectionMetric = 'accuracy' | 'balancedAccuracy';

/** Whether metrics are better than the best so far. A higher metric is better; on ties, a lower loss. */
export const isBetter = (
  metrics: Metrics,
  best: Metrics | undefined,
  metric: SelectionMetric = 'accuracy',
): boolean =>
  best === undefined ||
  metrics[metric] > best[metric] ||
  (metrics[metric] === best[metric] && metrics.loss < best.loss);
