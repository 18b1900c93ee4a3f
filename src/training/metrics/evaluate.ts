import {ops} from '../../backend/ops/current-ops.js';
import {TracedSteps} from '../../backend/graph/traced-steps.js';
import {tf, type Tensor2D} from '../../backend/tensorflow.js';
import type {BatchSource} from '../loop/batch-source.js';
import {RunningMetrics, type Metrics} from './metrics.js';
import {yieldToEventLoop} from '../../core/async.js';
import type {PhaseModel} from '../loop/phase-model.js';

/** Images evaluated at a time, at most. */
const MAX_BATCH_SIZE = 64;

export interface EvaluationOptions {
  /** Images that an update takes; evaluation takes no more at a time, and so no more memory than training. */
  readonly batchSize?: number;
  /** Over the variables that the network uses, where they are recorded already. */
  readonly steps?: TracedSteps;
  /** Told what each batch gave, `[n * classes]` row-major in the samples' order. */
  readonly onProbabilities?: (probabilities: Float32Array) => void;
}

/** Metrics of a network on plain images. */
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

/** What is to be as high as can be: the share of all images, or the mean of the classes' shares. */
export type SelectionMetric = 'accuracy' | 'balancedAccuracy';

/** A higher measure is better; between equals, lower loss. */
export const isBetter = (
  metrics: Metrics,
  best: Metrics | undefined,
  metric: SelectionMetric = 'accuracy',
): boolean =>
  best === undefined ||
  metrics[metric] > best[metric] ||
  (metrics[metric] === best[metric] && metrics.loss < best.loss);
