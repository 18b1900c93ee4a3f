import {toHost, loadStateDict} from '../../backbones/parameters.js';
import {getLayerGroup, type LayerGroup} from '../../backbones/layer-groups.js';
import type {StateDict} from '../../core/state-dict.js';
import type {Classifier} from '../../heads/classifier.js';
import {isBetter, type SelectionMetric} from '../metrics/evaluate.js';
import type {Metrics} from '../metrics/metrics.js';

/** Best weights so far of all groups that any phase trains, in CPU memory. */
export class BestCheckpoint {
  readonly #classifier: Classifier;
  #tensors: StateDict;
  #metrics: Metrics | undefined;

  /** @param trainableGroups groups that some phase of the run trains; other groups never change; @param metric metric to maximize */
  constructor(
    classifier: Classifier,
    trainableGroups: ReadonlySet<LayerGroup>,
    readonly metric: SelectionMetric = 'accuracy',
  ) {
    this.#classifier = classifier;
    this.#tensors = toHost(classifier.weights, name => trainableGroups.has(getLayerGroup(name)));
  }

  get metrics(): Metrics | undefined {
    return this.#metrics;
  }

  get tensors(): StateDict {
    return this.#tensors;
  }

  /** Stores the weights if they are better than the best so far. @param changedGroups groups that differ from the stored weights */
  update(metrics: Metrics, changedGroups: ReadonlySet<LayerGroup>): boolean {
    if (!isBetter(metrics, this.#metrics, this.metric)) return false;
    this.#metrics = metrics;
    this.#tensors = new Map([
      ...this.#tensors,
      ...toHost(this.#classifier.weights, name => changedGroups.has(getLayerGroup(name))),
    ]);
    return true;
  }

  /** Restores the best weights and metrics from a checkpoint of the run. */
  resume(metrics: Metrics | undefined, tensors: StateDict): void {
    this.#metrics = metrics;
    this.#tensors = new Map([...this.#tensors, ...tensors]);
  }

  restore(): void {
    loadStateDict(this.#classifier.weights, this.#tensors);
  }
}
