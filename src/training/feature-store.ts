import {groupsPresent, type LayerGroup} from '../backbones/layer-groups.js';
import {FeatureTable, fillFromPictures, fillFromTable, rowShapeAt} from './feature-table.js';
import {pictureInputs, tableInputs, type Inputs} from './inputs.js';
import type {PhaseNetwork} from './phase-network.js';
import type {PictureSource} from './pictures.js';

export interface FeatureStoreSpec {
  /** Bytes that all tables together may take. */
  readonly budgetBytes: number;
  readonly signal?: AbortSignal;
  /** Told how many pictures have been through the frozen groups, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The activations of one set of samples at the freeze boundaries of a run. A table is made once, kept while the groups below it stay
 * frozen, and a higher one is made from a lower one where there is one.
 */
export class FeatureStore {
  readonly #tables = new Map<number, FeatureTable>();

  /** @param views plain picture included; fewer are kept where memory is short */
  constructor(
    readonly source: PictureSource,
    readonly views: number,
    readonly spec: FeatureStoreSpec,
  ) {}

  /**
   * The samples as a phase wants them.
   * @param ahead boundaries of the phases to come: the lowest that fits is filled first and serves them all
   */
  async inputs(network: PhaseNetwork, ahead: readonly number[] = []): Promise<{readonly inputs: Inputs; readonly cached: boolean}> {
    const wanted = [...new Set([...ahead, network.boundary])].filter(boundary => boundary > 0 && boundary <= network.boundary);
    for (const boundary of wanted.sort((a, b) => a - b)) await this.#make(boundary, network);
    const table = this.#tables.get(network.boundary);
    if (table === undefined) return {inputs: pictureInputs(this.source, network), cached: false};
    const labels = Int32Array.from(this.source.samples, sample => sample.label);
    return {inputs: tableInputs(table, labels, this.source.seed), cached: true};
  }

  /** Drops what was computed through groups that have moved since, and what no later phase starts from. */
  keepOnly(boundaries: readonly number[], trained: ReadonlySet<LayerGroup>, groups: readonly LayerGroup[]): void {
    const lowestMoved = groups.findIndex(group => trained.has(group));
    for (const boundary of [...this.#tables.keys()]) {
      if (!boundaries.includes(boundary) || boundary > lowestMoved) this.#tables.delete(boundary);
    }
  }

  clear(): void {
    this.#tables.clear();
  }

  /** Fills the table of a boundary unless it is there or does not fit: the plain pictures and one variation at least, where there are any. */
  async #make(boundary: number, network: PhaseNetwork): Promise<void> {
    const {length: count} = this.source.samples;
    if (this.#tables.has(boundary) || count === 0) return;
    const shape = rowShapeAt(network, boundary, this.source.size);
    const lower = [...this.#tables.values()].filter(table => table.boundary < boundary).at(-1);
    const fitting = Math.floor(this.#bytesFree(boundary, network) / FeatureTable.bytes(shape, count, 1));
    const views = Math.min(lower?.views ?? this.views, fitting);
    if (views < Math.min(2, this.views)) return;
    const table = new FeatureTable(boundary, shape, count, views);
    let done = 0;
    const onRows = (rows: number): void => this.spec.onProgress?.((done += rows), count * views);
    if (lower === undefined) await fillFromPictures(table, network, this.source, onRows);
    else await fillFromTable(table, network, lower, this.spec.signal, onRows);
    this.#tables.set(boundary, table);
  }

  /** What a table may take: a lower one, for later phases, leaves room for the one that is wanted now. */
  #bytesFree(boundary: number, network: PhaseNetwork): number {
    const {samples, size} = this.source;
    const held = [...this.#tables.values()].reduce((sum, table) => sum + FeatureTable.bytes(table.rowShape, table.count, table.views), 0);
    const isOwn = boundary === network.boundary;
    const kept = isOwn ? 0 : FeatureTable.bytes(rowShapeAt(network, network.boundary, size), samples.length, this.views);
    return this.spec.budgetBytes - held - kept;
  }
}

/** Groups input to output, for `keepOnly`. */
export const groupsOf = (network: PhaseNetwork): readonly LayerGroup[] => groupsPresent(network.classifier.spec.lastStage);
