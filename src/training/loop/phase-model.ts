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
import {headForward, poolFeatures} from '../../heads/head.js';

/** Statistics of one batch norm over one batch, on their way into the running ones. */
export interface BatchNormUpdate {
  readonly normKey: string;
  readonly batchStats: BatchStatistics;
  /** Values per channel the statistics were taken over. */
  readonly count: number;
}

/**
 * A classifier as a phase sees it: groups below the boundary are frozen, folded and can be run once and cached; from the boundary on
 * they are run at every step.
 *
 * What crosses the boundary: pixels where nothing is frozen, a feature map, or pooled features where the whole backbone is frozen.
 */
export interface PhaseModel {
  readonly classifier: Classifier;
  /** Number of lowest groups that are frozen: 0 none, lastStage + 1 the whole backbone. */
  readonly frozenDepth: number;
  /** Variables that a step moves, by name. */
  readonly trainable: ReadonlyMap<string, Variable>;
  /** Variables that `upper` reads, by name: those that a step moves, and what is frozen above the boundary. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** What `toBoundary` reads, by name: filters and biases of the frozen groups, folded. */
  readonly folded: ReadonlyMap<string, Tensor>;
  /**
   * The frozen groups, without gradients.
   * @param x RGB pixels 0..255, or what crosses the boundary `from`
   * @param until a boundary not above the network's own
   * @param precision of the convolutions; default: fp32
   */
  forwardFrozen(x: Tensor4D, from?: number, until?: number, precision?: Precision): Tensor;
  /**
   * What crosses the boundary, within a step.
   * @param x that already, or RGB pixels 0..255 as integers; they are run through the frozen groups, without gradients
   */
  forwardToFrozenDepth(x: Tensor): Tensor;
  /** sha256, in hex, of everything that decides what pixels become at a boundary not above the network's own. */
  fingerprint(frozenDepth: number): string;
  /** What crosses the boundary -> logits, with gradients. */
  forwardFromFrozenDepth(
    x: Tensor,
    training?: {
      readonly dropoutSeed: Tensor1D;
      readonly onBatchNormUpdate: (update: BatchNormUpdate) => void;
    },
  ): Tensor2D;
  dispose(): void;
}

/** Which groups a phase trains, and by which statistics their batch norms go while they are trained. */
export interface PhaseModelSpec {
  readonly learningRates: GroupLearningRates;
  readonly batchNorm: 'inference' | 'training';
}

/** The groups from a depth to the backbone's end, with gradients. @param usesBatchStats whether a group's batch norms normalize by the batch */
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

/** Freezes the groups that have no learning rate, from the stem up. Whoever makes it disposes it. */
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

  const forwardGroups = upperGroups(
    classifier,
    frozenDepth,
    group => batchNorm === 'training' && isTrainable(group),
  );

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
      const pooled =
        frozenDepth > spec.lastStage
          ? (x as Tensor2D)
          : poolFeatures(head, forwardGroups(x as Tensor4D, training?.onBatchNormUpdate));
      return headForward(head, weights, layers, pooled, training?.dropoutSeed);
    },
    dispose: () => frozenBackbone.dispose(),
  };
}
