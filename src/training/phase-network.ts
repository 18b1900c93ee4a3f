import {inferenceInterpreter, trainingInterpreter} from '../backbones/interpreters.js';
import {frozenBoundary, groupOf, groupsPresent, type GroupRates, type LayerGroup} from '../backbones/layer-groups.js';
import {forward, type Interpreter} from '../backbones/resnet.js';
import type {BatchStatistics} from '../engine/ops.js';
import type {Precision} from '../engine/precision.js';
import type {Tensor, Tensor1D, Tensor2D, Tensor4D, Variable} from '../engine/tensorflow.js';
import type {Classifier} from '../heads/classifier.js';
import {FrozenPasses} from '../heads/frozen-passes.js';
import {headForward, pool} from '../heads/head.js';

/** Statistics of one batch norm over one batch, on their way into the running ones. */
export interface StatisticsUpdate {
  readonly norm: string;
  readonly statistics: BatchStatistics;
  /** Values per channel the statistics were taken over. */
  readonly count: number;
}

/**
 * A classifier as a phase sees it: groups below the boundary are frozen, folded and can be run once and cached; from the boundary on
 * they are run at every step.
 *
 * What crosses the boundary: pixels where nothing is frozen, a feature map, or pooled features where the whole backbone is frozen.
 */
export interface PhaseNetwork {
  readonly classifier: Classifier;
  /** Number of lowest groups that are frozen: 0 none, lastStage + 1 the whole backbone. */
  readonly boundary: number;
  /** Variables that a step moves, by name. */
  readonly trained: ReadonlyMap<string, Variable>;
  /** Variables that `upper` reads, by name: those that a step moves, and what is frozen above the boundary. */
  readonly used: ReadonlyMap<string, Variable>;
  /** What `toBoundary` reads, by name: filters and biases of the frozen groups, folded. */
  readonly folded: ReadonlyMap<string, Tensor>;
  /**
   * The frozen groups, without gradients.
   * @param x RGB pixels 0..255, or what crosses the boundary `from`
   * @param until a boundary not above the network's own
   * @param precision of the convolutions; fp32 unless told
   */
  lower(x: Tensor4D, from?: number, until?: number, precision?: Precision): Tensor;
  /**
   * What crosses the boundary, within a step.
   * @param x that already, or RGB pixels 0..255 as integers; they are run through the frozen groups, without gradients
   */
  toBoundary(x: Tensor): Tensor;
  /** sha256, in hex, of everything that decides what pixels become at a boundary not above the network's own. */
  fingerprint(boundary: number): string;
  /** What crosses the boundary -> logits, with gradients. */
  upper(x: Tensor, training?: {readonly dropoutSeed: Tensor1D; readonly onStatistics: (update: StatisticsUpdate) => void}): Tensor2D;
  dispose(): void;
}

/** Which groups a phase trains, and by which statistics their batch norms go while they are trained. */
export interface PhaseNetworkSpec {
  readonly rates: GroupRates;
  readonly batchNorm: 'inference' | 'training';
}

export function phaseNetwork(classifier: Classifier, {rates, batchNorm}: PhaseNetworkSpec): PhaseNetwork {
  const {spec, weights, head, layers} = classifier;
  const groups = groupsPresent(spec.lastStage);
  const boundary = frozenBoundary(rates, spec.lastStage);
  const whole = spec.lastStage + 1;
  const frozen = new FrozenPasses(classifier, boundary);
  const stored = inferenceInterpreter(spec, weights);
  const trains = (group: LayerGroup): boolean => rates[group] !== null;
  const trained = new Map([...weights].filter(([name]) => trains(groupOf(name)) && !name.includes('.running_')));

  const interpreterOf = (group: number, onStatistics?: (update: StatisticsUpdate) => void): Interpreter<Tensor4D> =>
    onStatistics === undefined || batchNorm === 'inference' || !trains(groups[group]!)
      ? stored
      : trainingInterpreter(spec, weights, (norm, statistics, count) => onStatistics({norm, statistics, count}));

  return {
    classifier,
    boundary,
    trained,
    used: new Map([...weights].filter(([name]) => groups.indexOf(groupOf(name)) >= boundary)),
    folded: new Map([...frozen.tensors(boundary)].map(([name, tensor]) => [`folded/${name}`, tensor])),
    toBoundary: x => (x.dtype === 'int32' ? frozen.through(x as Tensor4D, 0, boundary) : x),
    lower: (x, from = 0, until = boundary, precision = 'fp32') => frozen.run(x, from, until, precision),
    fingerprint: until => frozen.fingerprint(until),
    upper: (x, training) => {
      let y = x;
      for (let group = boundary; group < whole; group++) {
        y = forward(interpreterOf(group, training?.onStatistics), spec, y as Tensor4D, group, group + 1);
      }
      const pooled = boundary === whole ? (y as Tensor2D) : pool(head, y as Tensor4D);
      return headForward(head, weights, layers, pooled, training?.dropoutSeed);
    },
    dispose: () => frozen.dispose(),
  };
}
