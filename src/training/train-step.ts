import {groupOf, type LayerGroup} from '../backbones/layer-groups.js';
import {vectorOf} from '../backbones/device-weights.js';
import {ops} from '../engine/current-ops.js';
import {tf, type NamedTensorMap, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable} from '../engine/tensorflow.js';
import type {Optimizer} from './optimizer.js';
import type {PhaseNetwork, StatisticsUpdate} from './phase-network.js';

/** Everything that changes from step to step; all on the device, so that a step can be recorded once and run again. */
export interface StepInputs {
  /** What crosses the network's boundary, or pixels: see `PhaseNetwork.toBoundary`. */
  readonly x: Tensor;
  /** int32 `[n]` */
  readonly labels: Tensor1D;
  /** float32 `[n]`; 0 for padding */
  readonly exampleWeights: Tensor1D;
  readonly rates: Readonly<Partial<Record<LayerGroup, Scalar>>>;
  /** int32 `[2]` */
  readonly dropoutSeed: Tensor1D;
  /** Where pictures were mixed. */
  readonly mixed?: MixedTargets;
}

/** What pictures were mixed with: labels int32 `[n]`, their weights float32 `[n]`, and the share of the first, a scalar. */
export interface MixedTargets {
  readonly labels: Tensor1D;
  readonly exampleWeights: Tensor1D;
  readonly share: Scalar;
}

/** What stays the same through a phase. */
export interface StepRules {
  readonly labelSmoothing: number;
  /** Largest global norm of the gradients (Pascanu et al., https://arxiv.org/abs/1211.5063). */
  readonly clipNorm: number;
  /** Share of the running statistics that one batch replaces; torch's `momentum`. */
  readonly statisticsMomentum: number;
}

/** `min(1, clipNorm / |all gradients|)` */
function clipFactor(gradients: readonly Tensor[], clipNorm: number): Scalar {
  const norm = tf.sqrt(tf.addN(gradients.map(gradient => ops().sumOfSquares(gradient))));
  return tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-6)));
}

/** Running statistics move towards the batch's; the variance unbiased, as torch.nn.BatchNorm2d does it. */
function moveStatistics(network: PhaseNetwork, {norm, statistics, count}: StatisticsUpdate, momentum: number): void {
  tf.tidy(() => {
    const {weights} = network.classifier;
    const unbiased = tf.mul(statistics.variance, count / Math.max(1, count - 1));
    const parts = [
      ['running_mean', statistics.mean],
      ['running_var', unbiased],
    ] as const;
    for (const [part, fresh] of parts) {
      const running = vectorOf(weights, `${norm}.${part}`) as unknown as Variable;
      running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(fresh, momentum)));
    }
  });
  tf.dispose([statistics.mean, statistics.variance]);
}

/** The loss of a mixture is the mixture of the losses: cross-entropy is linear in its target. */
export function lossOf(
  logits: Tensor2D,
  {labels, exampleWeights, mixed}: Pick<StepInputs, 'labels' | 'exampleWeights' | 'mixed'>,
  smoothing: number,
): Scalar {
  const own = ops().softmaxCrossEntropy(logits, labels, exampleWeights, smoothing);
  if (mixed === undefined) return own;
  const other = ops().softmaxCrossEntropy(logits, mixed.labels, mixed.exampleWeights, smoothing);
  return tf.add(tf.mul(own, mixed.share), tf.mul(other, tf.sub(1, mixed.share)));
}

/**
 * One update of the trained groups: the only function that changes a weight. Reads nothing back and draws nothing at random.
 * @returns mean loss of the batch before the update; the caller disposes it
 */
export function trainStep(network: PhaseNetwork, optimizer: Optimizer, rules: StepRules, inputs: StepInputs): Scalar {
  const updates: StatisticsUpdate[] = [];
  const x = network.toBoundary(inputs.x);
  const loss = (): Scalar => {
    const training = {dropoutSeed: inputs.dropoutSeed, onStatistics: (update: StatisticsUpdate) => updates.push(update)};
    return lossOf(network.upper(x, training), inputs, rules.labelSmoothing);
  };
  const {value, grads} = tf.variableGrads(loss, [...network.trained.values()]);
  const gradients = byName(network.trained, grads);
  tf.tidy(() => {
    const factor = clipFactor([...gradients.values()], rules.clipNorm);
    const clipped = new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
    optimizer.update(clipped, name => inputs.rates[groupOf(name)]!);
  });
  for (const update of updates) moveStatistics(network, update, rules.statisticsMomentum);
  tf.dispose(grads);
  return value as Scalar;
}

/** tfjs names gradients by variable id; ours go by weight name. */
function byName(trained: ReadonlyMap<string, Variable>, gradients: NamedTensorMap): Map<string, Tensor> {
  return new Map([...trained].map(([name, variable]) => [name, gradients[variable.name]!]));
}
