import {download, restore} from '../backbones/device-weights.js';
import {groupOf, type LayerGroup} from '../backbones/layer-groups.js';
import type {NamedHostTensors} from '../core/host-tensor.js';
import type {Classifier} from '../heads/classifier.js';
import {isBetter, type Measure} from './evaluate.js';
import type {Metrics} from './metrics.js';

/** The best weights seen, on the host, of every group that any phase trains. */
export class BestWeights {
  readonly #classifier: Classifier;
  #tensors: NamedHostTensors;
  #metrics: Metrics | undefined;

  /** @param everTrained groups that some phase of the run trains; the others cannot differ; @param measure what is to be best */
  constructor(
    classifier: Classifier,
    everTrained: ReadonlySet<LayerGroup>,
    readonly measure: Measure = 'accuracy',
  ) {
    this.#classifier = classifier;
    this.#tensors = download(classifier.weights, name => everTrained.has(groupOf(name)));
  }

  get metrics(): Metrics | undefined {
    return this.#metrics;
  }

  get tensors(): NamedHostTensors {
    return this.#tensors;
  }

  /** Keeps the weights if they are better than the best so far. @param changed groups that differ from the best kept */
  consider(metrics: Metrics, changed: ReadonlySet<LayerGroup>): boolean {
    if (!isBetter(metrics, this.#metrics, this.measure)) return false;
    this.#metrics = metrics;
    this.#tensors = new Map([...this.#tensors, ...download(this.#classifier.weights, name => changed.has(groupOf(name)))]);
    return true;
  }

  /** Puts what a checkpoint kept in this place. */
  adopt(metrics: Metrics | undefined, tensors: NamedHostTensors): void {
    this.#metrics = metrics;
    this.#tensors = new Map([...this.#tensors, ...tensors]);
  }

  restore(): void {
    restore(this.#classifier.weights, this.#tensors);
  }
}
