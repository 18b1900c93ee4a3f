import {ops} from '../../backend/ops/current-ops.js';
import {TracedSteps} from '../../backend/graph/traced-steps.js';
import {tf, type Tensor, type Tensor2D} from '../../backend/tensorflow.js';
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
  /** Called with the features that the last layer takes, `[n * width]` row-major, like `onProbabilities`. */
  readonly onFeatures?: (features: Float32Array) => void;
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

/** Logits and, if wanted, the features behind them, side by side: `[n, classes]` or `[n, classes + width]`. */
const outputsOf = (network: PhaseModel, x: Tensor, withFeatures: boolean): Tensor2D => {
  const input = network.forwardToFrozenDepth(x);
  if (!withFeatures) return network.forwardFromFrozenDepth(input);
  const {logits, features} = network.outputsFromFrozenDepth(input);
  return tf.concat2d([logits, features], 1);
};

async function evaluateWithSteps(
  steps: TracedSteps,
  network: PhaseModel,
  inputs: BatchSource,
  {batchSize = MAX_BATCH_SIZE, onProbabilities, onFeatures}: EvaluationOptions,
): Promise<Metrics> {
  const {classNames} = network.classifier;
  const metrics = new RunningMetrics(classNames);
  const order = Array.from({length: inputs.count}, (_, index) => index);
  const classes = classNames.length;
  const withFeatures = onFeatures !== undefined;
  const name = withFeatures ? 'evaluate-features' : 'evaluate';
  for await (const {x, labels} of inputs.batches(
    order,
    Math.min(MAX_BATCH_SIZE, batchSize),
    null,
  )) {
    const {probabilities, features, meanLoss} = tf.tidy(() => {
      const outputs = steps.run<Tensor2D>(
        {name, hasDynamicBatch: true, run: () => outputsOf(network, x, withFeatures)},
        new Map([['x', x]]),
      );
      const [logits, features] = withFeatures
        ? tf.split<Tensor2D>(outputs, [classes, outputs.shape[1] - classes], 1)
        : [outputs];
      const mean = ops().softmaxCrossEntropy(
        logits!,
        tf.tensor1d(labels, 'int32'),
        tf.ones([labels.length]),
        0,
      );
      return {
        probabilities: tf.softmax(logits!).dataSync<'float32'>().slice(),
        features: features?.dataSync<'float32'>().slice(),
        meanLoss: mean.dataSync()[0]!,
      };
    });
    x.dispose();
    metrics.add(probabilities, labels, meanLoss * labels.length);
    onProbabilities?.(probabilities);
    if (features !== undefined) onFeatures?.(features);
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
