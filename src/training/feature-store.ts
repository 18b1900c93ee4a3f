import {groupsPresent, type LayerGroup} from '../backbones/layer-groups.js';
import type {Precision} from '../engine/precision.js';
import type {FeatureFiles} from './feature-files.js';
import type {FeaturePool} from './feature-pool.js';
import {FeaturesFolderError} from './feature-rows.js';
import {rowShapeAt, type Pass} from './feature-passes.js';
import {FeatureTable} from './feature-table.js';
import {makeTable, type Making} from './make-table.js';
import {pictureInputs, tableInputs, type Inputs} from './inputs.js';
import type {PhaseNetwork} from './phase-network.js';
import type {PictureSource} from './pictures.js';

export interface FeatureStoreSpec {
  /** Bytes of memory that all tables together may take; larger ones are read from their files. */
  readonly budgetBytes: number;
  /** Where tables are left to later runs; nowhere unless told. */
  readonly files?: FeatureFiles;
  /** Whether feature maps are kept too, and not only the vectors of a wholly frozen backbone; true unless told. */
  readonly keepsMaps?: boolean;
  /** Of the frozen groups; fp32 unless told. */
  readonly precision?: Precision;
  /** Where tables are shared with other runs that have their samples out of the same images. */
  readonly pool?: FeaturePool;
  readonly signal?: AbortSignal;
  /** Told how many pictures have been through the frozen groups, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told, in a sentence, that features cannot be kept. They are computed again and again then. */
  readonly onTrouble?: (message: string) => void;
  /** Told how many rows were found that an earlier run had made. */
  readonly onFound?: (rows: number) => void;
}

/**
 * The activations of one set of samples at the freeze boundaries of a run. A table is made once, kept while the groups below it stay
 * frozen, and a higher one is made from a lower one where there is one.
 */
export class FeatureStore {
  /** Of the samples. */
  readonly #tables = new Map<number, FeatureTable>();
  /** Boundaries at which features could not be kept: not tried again. */
  readonly #failed = new Set<number>();
  /** Those of the pool that some of them are taken from. */
  readonly #shared = new Map<number, FeatureTable>();
  /** Until the first phase has its features: what is made by then hangs on the weights that every run of the pool starts from. */
  #isFirst = true;

  /** @param views plain picture included; fewer are kept where memory and disk are short */
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
    this.#isFirst = false;
    const table = this.#tables.get(network.boundary);
    if (table === undefined) return {inputs: pictureInputs(this.source), cached: false};
    const labels = Int32Array.from(this.source.samples, sample => sample.label);
    return {inputs: tableInputs(table, labels, this.source.seed), cached: true};
  }

  /** Drops what was computed through groups that have moved since, and what no later phase starts from. */
  async keepOnly(boundaries: readonly number[], trained: ReadonlySet<LayerGroup>, groups: readonly LayerGroup[]): Promise<void> {
    const lowestMoved = groups.findIndex(group => trained.has(group));
    for (const boundary of [...this.#tables.keys()]) {
      if (!boundaries.includes(boundary) || boundary > lowestMoved) await this.#drop(boundary);
    }
  }

  async clear(): Promise<void> {
    for (const boundary of [...this.#tables.keys()]) await this.#drop(boundary);
  }

  get #precision(): Precision {
    return this.spec.precision ?? 'fp32';
  }

  async #drop(boundary: number): Promise<void> {
    await this.#tables.get(boundary)!.close();
    this.#tables.delete(boundary);
    this.#shared.delete(boundary);
  }

  /** Fills the table of a boundary unless it is there or does not fit: the plain pictures and one variation at least, where there are any. */
  async #make(boundary: number, network: PhaseNetwork): Promise<void> {
    if (this.#tables.has(boundary) || this.#failed.has(boundary) || this.source.samples.length === 0) return;
    if (this.spec.keepsMaps === false && boundary <= network.classifier.spec.lastStage) return;
    const table = this.spec.pool === undefined ? undefined : await this.#share(this.spec.pool, boundary, network);
    if (this.#failed.has(boundary)) return;
    const own = table ?? (await this.#makeTable(boundary, network, this.source, this.#tables));
    if (own !== undefined) this.#tables.set(boundary, own);
  }

  /** The samples' part of a table of all images: one that is there, or one that every run can use. */
  async #share(pool: FeaturePool, boundary: number, network: PhaseNetwork): Promise<FeatureTable | undefined> {
    const key = `${boundary} ${this.#precision} ${network.fingerprint(boundary)}`;
    const known = pool.get(key);
    const table = known ?? (this.#isFirst ? await this.#makeTable(boundary, network, pool.source, this.#shared) : undefined);
    if (table === undefined) return undefined;
    if (known === undefined) pool.add(key, table);
    this.#shared.set(boundary, table);
    return table.subset(pool.placesOf(this.source.samples));
  }

  /** @param tables of the same source, of which a lower one saves passes */
  async #makeTable(
    boundary: number,
    network: PhaseNetwork,
    source: PictureSource,
    tables: ReadonlyMap<number, FeatureTable>,
  ): Promise<FeatureTable | undefined> {
    const lower = [...tables.values()].filter(table => table.boundary < boundary).at(-1);
    const pass: Pass = {network, boundary, precision: this.#precision};
    const place = await this.#place(boundary, network, source, lower?.views ?? this.views);
    if (place.views < Math.min(2, this.views)) return undefined;
    return makeTable({pass, source, ...(lower && {lower}), ...place}, this.spec).catch((error: unknown) => {
      if (!(error instanceof FeaturesFolderError)) throw error;
      this.#failed.add(boundary);
      this.spec.onTrouble?.(error.message);
      return undefined;
    });
  }

  /** Where a table goes, and how much of it: into memory, where all of it fits, else where there is room for most of it. */
  async #place(
    boundary: number,
    network: PhaseNetwork,
    source: PictureSource,
    wanted: number,
  ): Promise<Pick<Making, 'rowShape' | 'views' | 'inMemory'>> {
    const rowShape = rowShapeAt(network, boundary, source.size);
    const bytes = FeatureTable.bytes(rowShape, source.samples.length, 1);
    const inMemory = Math.min(wanted, Math.floor(this.#bytesFree(boundary, network, source) / bytes));
    if (inMemory >= wanted) return {rowShape, views: wanted, inMemory: true};
    const inFiles = Math.min(wanted, Math.floor(((await this.spec.files?.room()) ?? 0) / bytes));
    return {rowShape, views: Math.max(inMemory, inFiles), inMemory: inMemory >= inFiles};
  }

  /** What a table may take: a lower one, for later phases, leaves room for the one that is wanted now. */
  #bytesFree(boundary: number, network: PhaseNetwork, {samples, size}: PictureSource): number {
    const held = [...this.#tables.values()].reduce((sum, table) => sum + table.memory, this.spec.pool?.memory ?? 0);
    const isOwn = boundary === network.boundary;
    const kept = isOwn ? 0 : FeatureTable.bytes(rowShapeAt(network, network.boundary, size), samples.length, this.views);
    return this.spec.budgetBytes - held - kept;
  }
}

/** Groups input to output, for `keepOnly`. */
export const groupsOf = (network: PhaseNetwork): readonly LayerGroup[] => groupsPresent(network.classifier.spec.lastStage);
