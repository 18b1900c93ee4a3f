import {toHost, loadStateDict} from '../../backbones/parameters.js';
import {getLayerGroup, type LayerGroup} from '../../backbones/layer-groups.js';
import type {StateDict} from '../../core/state-dict.js';
import type {Classifier} from '../../heads/classifier.js';
import {isBetter, type SelectionMetric} from '../metrics/evaluate.js';
import type {Metrics} from '../metrics/metrics.js';

/** The best weights seen, on the host, of every group that any phase trains. */
export class BestCheckpoint {
  readonly #classifier: Classifier;
  #tensors: StateDict;
  #metrics: Metrics | undefined;

  /** @param trainableGroups groups that some phase of the run trains; the others cannot differ; @param metric what is to be best */
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

  /** Keeps the weights if they are better than the best so far. @param changedGroups groups that differ from the best kept */
  update(metrics: Metrics, changedGroups: ReadonlySet<LayerGroup>): boolean {
    if (!isBetter(metrics, this.#metrics, this.metric)) return false;
    this.#metrics = metrics;
    this.#tensors = new Map([
      ...this.#tensors,
      ...toHost(this.#classifier.weights, name => changedGroups.has(getLayerGroup(name))),
    ]);
    return true;
  }

  /** Puts what a checkpoint kept in this place. */
  resume(metrics: Metrics | undefined, tensors: StateDict): void {
    this.#metrics = metrics;
    this.#tensors = new Map([...this.#tensors, ...tensors]);
  }

  restore(): void {
    loadStateDict(this.#classifier.weights, this.#tensors);
  }
}
