import {getLayerGroup, type LayerGroup} from '../../backbones/layer-groups.js';
import {getVector} from '../../backbones/parameters.js';
import {ops} from '../../backend/ops/current-ops.js';
import {
  tf,
  type NamedTensorMap,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Variable,
} from '../../backend/tensorflow.js';
import type {Optimizer} from './optimizer.js';
import type {PhaseModel, BatchNormUpdate} from './phase-model.js';

/** Inputs that change from step to step. All are on the device, so that a step can be traced once and run again. */
export interface StepInputs {
  /** Features or pixels; see `PhaseModel.forwardToFrozenDepth`. */
  readonly x: Tensor;
  /** int32 `[n]` */
  readonly labels: Tensor1D;
  /** float32 `[n]`; 0 for padding */
  readonly sampleWeights: Tensor1D;
  readonly learningRates: Readonly<Partial<Record<LayerGroup, Scalar>>>;
  /** int32 `[2]` */
  readonly dropoutSeed: Tensor1D;
  /** Present if the images were mixed. */
  readonly mixup?: MixupTargets;
}

/** Targets of the paired images: labels int32 `[n]`, their weights float32 `[n]`, and the weight of the original ones, a scalar. */
export interface MixupTargets {
  readonly labels: Tensor1D;
  readonly sampleWeights: Tensor1D;
  readonly lambda: Scalar;
}

/** Update options that are constant within a phase. */
export interface UpdateOptions {
  readonly labelSmoothing: number;
  /** Maximum global norm of the gradients (Pascanu et al., https://arxiv.org/abs/1211.5063); 0 for no limit. */
  readonly clipNorm: number;
  /** Fraction of the running statistics that one batch replaces; `momentum` in PyTorch. */
  readonly bnMomentum: number;
  /** Whether a step also returns the gradient norm of each trained group. Default: false. */
  readonly measuresGroupNorms?: boolean;
}

/** Trained layer groups, in the order in which a step returns their gradient norms. */
export const gradientGroups = ({trainable}: Pick<PhaseModel, 'trainable'>): LayerGroup[] => [
  ...new Set([...trainable.keys()].map(getLayerGroup)),
];

/** Norms of gradients, each as one vector. */
interface GradientNorms {
  readonly all: Scalar;
  /** In the order of `gradientGroups`. */
  readonly byGroup: Tensor1D;
}

/**
 * Computes norms of gradients. The norm of all comes from those of groups, whether they are returned or not. A sum of squares may not be an
 * input of two sums: TensorFlow's AddN adds in another order where another op still holds an input, so the last bits would be left to chance.
 */
const gradientNorms = (
  gradients: ReadonlyMap<string, Tensor>,
  groups: readonly LayerGroup[],
): GradientNorms =>
  tf.tidy(() => {
    const squares = [...gradients].map(
      ([name, gradient]) => [getLayerGroup(name), ops().sumOfSquares(gradient)] as const,
    );
    const squaresOf = (group: LayerGroup): Scalar[] =>
      squares.flatMap(([own, square]) => (own === group ? [square] : []));
    const sums = tf.stack(groups.map(group => tf.addN(squaresOf(group)))) as Tensor1D;
    return {all: tf.sqrt(tf.sum(sums)) as Scalar, byGroup: tf.sqrt(sums)};
  });

/** Scales all gradients by `min(1, clipNorm / norm)`. */
function clipGradients(
  gradients: ReadonlyMap<string, Tensor>,
  norm: Scalar,
  clipNorm: number,
): ReadonlyMap<string, Tensor> {
  if (clipNorm === 0) return gradients;
  const factor = tf.minimum(1, tf.div(clipNorm, tf.add(norm, 1e-6)));
  return new Map([...gradients].map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}

/** Moves the running statistics towards those of the batch. The variance is unbiased, as in torch.nn.BatchNorm2d. */
function updateRunningStats(
  model: PhaseModel,
  {normKey: norm, batchStats: statistics, count}: BatchNormUpdate,
  momentum: number,
): void {
  tf.tidy(() => {
    const {weights} = model.classifier;
    const unbiased = tf.mul(statistics.variance, count / Math.max(1, count - 1));
    const runningStats = [
      ['running_mean', statistics.mean],
      ['running_var', unbiased],
    ] as const;
    for (const [statistic, batchValue] of runningStats) {
      const running = getVector(weights, `${norm}.${statistic}`) as unknown as Variable;
      running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(batchValue, momentum)));
    }
  });
  tf.dispose([statistics.mean, statistics.variance]);
}

/** Loss of a batch. With mixup it is the mixture of both losses, since cross-entropy is linear in its target. */
export function computeLoss(
  logits: Tensor2D,
  {labels, sampleWeights, mixup}: Pick<StepInputs, 'labels' | 'sampleWeights' | 'mixup'>,
  smoothingFactor: number,
): Scalar {
  const ownLoss = ops().softmaxCrossEntropy(logits, labels, sampleWeights, smoothingFactor);
  if (mixup === undefined) return ownLoss;
  const mixupLoss = ops().softmaxCrossEntropy(
    logits,
    mixup.labels,
    mixup.sampleWeights,
    smoothingFactor,
  );
  return tf.add(tf.mul(ownLoss, mixup.lambda), tf.mul(mixupLoss, tf.sub(1, mixup.lambda)));
}

/** Number of rows whose highest logit is that of the label. */
const countHits = (logits: Tensor2D, labels: Tensor1D): Scalar =>
  tf.sum(tf.cast(tf.equal(tf.cast(tf.argMax(logits, 1), 'int32'), labels), 'float32'));

/**
 * Performs one update of the trained groups. It is the only function that changes weights. It reads nothing back from the device and draws
 * no random numbers.
 * @returns float32 `[3]`, all before the update: mean loss of the batch, number of images that were classified correctly (of mixed images,
 * by the label with the weight lambda), and norm of all gradients before clipping; with `measuresGroupNorms`, then the norm of each of
 * `gradientGroups`; the caller disposes it
 */
export function trainStep(
  model: PhaseModel,
  optimizer: Optimizer,
  options: UpdateOptions,
  inputs: StepInputs,
): Tensor1D {
  const updates: BatchNormUpdate[] = [];
  let hits: Scalar | undefined;
  const x = model.forwardToFrozenDepth(inputs.x);
  const loss = (): Scalar => {
    const training = {
      dropoutSeed: inputs.dropoutSeed,
      onBatchNormUpdate: (update: BatchNormUpdate) => updates.push(update),
    };
    const logits = model.forwardFromFrozenDepth(x, training);
    hits = tf.keep(countHits(logits, inputs.labels));
    return computeLoss(logits, inputs, options.labelSmoothing);
  };
  const {value, grads} = tf.variableGrads(loss, [...model.trainable.values()]);
  const gradients = gradientsByName(model.trainable, grads);
  const norms = gradientNorms(gradients, gradientGroups(model));
  tf.tidy(() => {
    const clipped = clipGradients(gradients, norms.all, options.clipNorm);
    optimizer.update(clipped, name => inputs.learningRates[getLayerGroup(name)]!);
  });
  for (const update of updates) updateRunningStats(model, update, options.bnMomentum);
  const outputs = tf.tidy(() => {
    const means = tf.stack([value as Scalar, hits!, norms.all]) as Tensor1D;
    return options.measuresGroupNorms ? tf.concat([means, norms.byGroup]) : means;
  });
  tf.dispose([value, hits!, norms.all, norms.byGroup, ...Object.values(grads)]);
  return outputs;
}

/** Renames gradients, which tfjs names by variable id, to weight names. */
function gradientsByName(
  trained: ReadonlyMap<string, Variable>,
  gradients: NamedTensorMap,
): Map<string, Tensor> {
  return new Map([...trained].map(([name, variable]) => [name, gradients[variable.name]!]));
}
