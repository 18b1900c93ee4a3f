import {inferenceInterpreter, trainingInterpreter} from '../../backbones/interpreters.js';
import {
  computeFrozenDepth,
  getLayerGroup,
  presentLayerGroups,
  type GroupLearningRates,
  type LayerGroup,
} from '../../backbones/layer-groups.js';
import {forward} from '../../backbones/forward.js';
import type {BatchStatistics} from '../../backend/ops/ops.js';
import type {Precision} from '../../backend/graph/precision.js';
import type {Tensor, Tensor1D, Tensor2D, Tensor4D, Variable} from '../../backend/tensorflow.js';
import type {Classifier} from '../../heads/classifier.js';
import {FrozenBackbone} from '../../heads/frozen-backbone.js';
import {headForward, headOutput, poolFeatures, type HeadOutput} from '../../heads/head.js';

/** Statistics of one batch norm over one batch, to update its running statistics with. */
export interface BatchNormUpdate {
  readonly normKey: string;
  readonly batchStats: BatchStatistics;
  /** Number of values per channel that the statistics are computed over. */
  readonly count: number;
}

/**
 * Classifier with a frozen depth. Groups below it are frozen and folded, so their output can be cached. The other groups run at every step.
 *
 * The input at the frozen depth is: pixels if nothing is frozen, a feature map, or pooled features if the whole backbone is frozen.
 */
export interface PhaseModel {
  readonly classifier: Classifier;
  /** Number of lowest groups that are frozen: 0 for none, lastStage + 1 for the whole backbone. */
  readonly frozenDepth: number;
  /** Variables that a step updates, by name. */
  readonly trainable: ReadonlyMap<string, Variable>;
  /** Variables that `forwardFromFrozenDepth` reads, by name: trained ones, and frozen ones above the frozen depth. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** Folded filters and biases of the frozen groups, by name, which `forwardToFrozenDepth` reads. */
  readonly folded: ReadonlyMap<string, Tensor>;
  /**
   * Runs the frozen groups, without gradients.
   * @param x RGB pixels 0..255, or features at the depth `from`
   * @param until a depth of at most `frozenDepth`
   * @param precision precision of the convolutions; default: fp32
   */
  forwardFrozen(x: Tensor4D, from?: number, until?: number, precision?: Precision): Tensor;
  /**
   * Returns the features at the frozen depth, within a step.
   * @param x these features, or RGB pixels 0..255 as integers, which run through the frozen groups without gradients
   */
  forwardToFrozenDepth(x: Tensor): Tensor;
  /** SHA-256 (hex) of everything that determines the features at a depth of at most `frozenDepth`. */
  fingerprint(frozenDepth: number): string;
  /** Maps features at the frozen depth to logits, with gradients. */
  forwardFromFrozenDepth(
    x: Tensor,
    training?: {
      readonly dropoutSeed: Tensor1D;
      readonly onBatchNormUpdate: (update: BatchNormUpdate) => void;
    },
  ): Tensor2D;
  /** Maps features at the frozen depth to logits and to the features that the last layer takes, without training. */
  outputsFromFrozenDepth(x: Tensor): HeadOutput;
  dispose(): void;
}

/** Layer groups that a phase trains, and the statistics that their batch norms use meanwhile. */
export interface PhaseModelSpec {
  readonly learningRates: GroupLearningRates;
  readonly batchNorm: 'inference' | 'training';
}

/**
 * Layer groups from a depth to the end of the backbone, with gradients. @param usesBatchStats whether a group's batch norms use batch
 * statistics
 */
function upperGroups(
  {spec, weights}: Classifier,
  depth: number,
  usesBatchStats: (group: LayerGroup) => boolean,
): (x: Tensor4D, onUpdate: ((update: BatchNormUpdate) => void) | undefined) => Tensor4D {
  const groups = presentLayerGroups(spec.lastStage);
  const inference = inferenceInterpreter(weights);
  return (x, onUpdate) => {
    const training =
      onUpdate &&
      trainingInterpreter(weights, (normKey, batchStats, count) =>
        onUpdate({normKey, batchStats, count}),
      );
    let y = x;
    for (let group = depth; group <= spec.lastStage; group++) {
      const interpreter = training && usesBatchStats(groups[group]!) ? training : inference;
      y = forward(interpreter, spec, y, group, group + 1);
    }
    return y;
  };
}

/** Maps features at a frozen depth to pooled features, with gradients. */
function pooledFrom(
  classifier: Classifier,
  frozenDepth: number,
  batchNorm: PhaseModelSpec['batchNorm'],
  isTrainable: (group: LayerGroup) => boolean,
): (x: Tensor, onUpdate?: (update: BatchNormUpdate) => void) => Tensor2D {
  const {spec, head} = classifier;
  const forwardGroups = upperGroups(
    classifier,
    frozenDepth,
    group => batchNorm === 'training' && isTrainable(group),
  );
  return (x, onUpdate) =>
    frozenDepth > spec.lastStage
      ? (x as Tensor2D)
      : poolFeatures(head, forwardGroups(x as Tensor4D, onUpdate));
}

/** Freezes the groups below the lowest one with a learning rate. The caller disposes the model. */
export function createPhaseModel(
  classifier: Classifier,
  {learningRates, batchNorm}: PhaseModelSpec,
): PhaseModel {
  const {spec, weights, head, layers} = classifier;
  const groups = presentLayerGroups(spec.lastStage);
  const frozenDepth = computeFrozenDepth(learningRates, spec.lastStage);
  const frozenBackbone = new FrozenBackbone(classifier, frozenDepth);
  const isTrainable = (group: LayerGroup): boolean => learningRates[group] !== null;
  const trainable = new Map(
    [...weights].filter(
      ([name]) => isTrainable(getLayerGroup(name)) && !name.includes('.running_'),
    ),
  );

  const poolFrom = pooledFrom(classifier, frozenDepth, batchNorm, isTrainable);

  return {
    classifier,
    frozenDepth,
    trainable,
    variables: new Map(
      [...weights].filter(([name]) => groups.indexOf(getLayerGroup(name)) >= frozenDepth),
    ),
    folded: new Map(
      [...frozenBackbone.foldedTensors(frozenDepth)].map(([name, tensor]) => [
        `folded/${name}`,
        tensor,
      ]),
    ),
    forwardToFrozenDepth: x =>
      x.dtype === 'int32' ? frozenBackbone.forwardEager(x as Tensor4D, 0, frozenDepth) : x,
    forwardFrozen: (x, from = 0, until = frozenDepth, precision = 'fp32') =>
      frozenBackbone.run(x, from, until, precision),
    fingerprint: until => frozenBackbone.fingerprint(until),
    forwardFromFrozenDepth: (x, training) => {
      const pooled = poolFrom(x, training?.onBatchNormUpdate);
      return headForward(head, weights, layers, pooled, training?.dropoutSeed);
    },
    outputsFromFrozenDepth: x => headOutput(head, weights, layers, poolFrom(x)),
    dispose: () => frozenBackbone.dispose(),
  };
}
