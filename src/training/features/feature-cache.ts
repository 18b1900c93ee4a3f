import type {FeatureCacheOptions} from './feature-cache-options.js';
import {presentLayerGroups, type LayerGroup} from '../../backbones/layer-groups.js';
import type {Precision} from '../../backend/graph/precision.js';

import type {SharedFeatureCache} from './feature-pool.js';
import {FeatureCacheNotWritableError} from './feature-rows.js';
import {featureShapeAt, type FrozenPass} from './feature-passes.js';
import {FeatureTable} from './feature-table.js';
import {buildFeatureTable, type FeatureTablePlan} from './build-feature-table.js';
import {imageBatchSource, featureBatchSource, type BatchSource} from '../loop/batch-source.js';
import type {PhaseModel} from '../loop/phase-model.js';
import type {ImageDataset} from '../loop/image-dataset.js';

/**
 * The activations of one set of samples at the freeze boundaries of a run. A table is made once, kept while the groups below it stay
 * frozen, and a higher one is made from a lower one where there is one.
 */
export class FeatureCache {
  /** Of the samples. */
  readonly #tables = new Map<number, FeatureTable>();
  /** Boundaries at which features could not be kept: not tried again. */
  readonly #failedDepths = new Set<number>();
  /** Those of the pool that some of them are taken from. */
  readonly #sharedTables = new Map<number, FeatureTable>();
  /** Until the first phase has its features: what is made by then hangs on the weights that every run of the pool starts from. */
  #isFirstPhase = true;

  /** @param views plain image included; fewer are kept where memory and disk are short */
  constructor(
    readonly source: ImageDataset,
    readonly views: number,
    readonly options: FeatureCacheOptions,
  ) {}

  /**
   * The samples as a phase wants them.
   * @param upcomingDepths boundaries of the phases to come: the lowest that fits is filled first and serves them all
   */
  async inputs(
    model: PhaseModel,
    upcomingDepths: readonly number[] = [],
  ): Promise<{readonly inputs: BatchSource; readonly cached: boolean}> {
    const wanted = [...new Set([...upcomingDepths, model.frozenDepth])].filter(
      depth => depth > 0 && depth <= model.frozenDepth,
    );
    for (const depth of wanted.sort((a, b) => a - b)) await this.#ensureTable(depth, model);
    this.#isFirstPhase = false;
    const table = this.#tables.get(model.frozenDepth);
    if (table === undefined) return {inputs: imageBatchSource(this.source), cached: false};
    const labels = Int32Array.from(this.source.samples, sample => sample.label);
    return {inputs: featureBatchSource(table, labels, this.source.seed), cached: true};
  }

  /** Drops what was computed through groups that have moved since, and what no later phase starts from. */
  async retainOnly(
    depths: readonly number[],
    trained: ReadonlySet<LayerGroup>,
    groups: readonly LayerGroup[],
  ): Promise<void> {
    const lowestTrained = groups.findIndex(group => trained.has(group));
    for (const depth of [...this.#tables.keys()]) {
      if (!depths.includes(depth) || depth > lowestTrained) await this.#closeTable(depth);
    }
  }

  async clear(): Promise<void> {
    for (const depth of [...this.#tables.keys()]) await this.#closeTable(depth);
  }

  get #precision(): Precision {
    return this.options.precision ?? 'fp32';
  }

  async #closeTable(depth: number): Promise<void> {
    await this.#tables.get(depth)!.close();
    this.#tables.delete(depth);
    this.#sharedTables.delete(depth);
  }

  /** Fills the table of a boundary unless it is there or does not fit: the plain images and one variation at least, where there are any. */
  async #ensureTable(depth: number, model: PhaseModel): Promise<void> {
    if (
      this.#tables.has(depth) ||
      this.#failedDepths.has(depth) ||
      this.source.samples.length === 0
    )
      return;
    if (this.options.cachesFeatureMaps === false && depth <= model.classifier.spec.lastStage)
      return;
    const table =
      this.options.sharedCache === undefined
        ? undefined
        : await this.#sharedSubset(this.options.sharedCache, depth, model);
    if (this.#failedDepths.has(depth)) return;
    const ownTable = table ?? (await this.#buildTable(depth, model, this.source, this.#tables));
    if (ownTable !== undefined) this.#tables.set(depth, ownTable);
  }

  /** The samples' part of a table of all images: one that is there, or one that every run can use. */
  async #sharedSubset(
    sharedCache: SharedFeatureCache,
    depth: number,
    model: PhaseModel,
  ): Promise<FeatureTable | undefined> {
    const key = `${depth} ${this.#precision} ${model.fingerprint(depth)}`;
    const sharedTable = sharedCache.get(key);
    const table =
      sharedTable ??
      (this.#isFirstPhase
        ? await this.#buildTable(depth, model, sharedCache.source, this.#sharedTables)
        : undefined);
    if (table === undefined) return undefined;
    if (sharedTable === undefined) sharedCache.add(key, table);
    this.#sharedTables.set(depth, table);
    return table.subset(sharedCache.indicesOf(this.source.samples));
  }

  /** @param tables of the same source, of which a lower one saves passes */
  async #buildTable(
    depth: number,
    model: PhaseModel,
    source: ImageDataset,
    tables: ReadonlyMap<number, FeatureTable>,
  ): Promise<FeatureTable | undefined> {
    const lower = [...tables.values()].filter(table => table.depth < depth).at(-1);
    const pass: FrozenPass = {model, depth, precision: this.#precision};
    const storage = await this.#planStorage(depth, model, source, lower?.views ?? this.views);
    if (storage.views < Math.min(2, this.views)) return undefined;
    return buildFeatureTable(
      {pass, source, ...(lower && {lowerTable: lower}), ...storage},
      this.options,
    ).catch((error: unknown) => {
      if (!(error instanceof FeatureCacheNotWritableError)) throw error;
      this.#failedDepths.add(depth);
      this.options.onWarning?.(error.message);
      return undefined;
    });
  }

  /** Where a table goes, and how much of it: into memory, where all of it fits, else where there is room for most of it. */
  async #planStorage(
    depth: number,
    model: PhaseModel,
    source: ImageDataset,
    wanted: number,
  ): Promise<Pick<FeatureTablePlan, 'rowShape' | 'views' | 'inMemory'>> {
    const rowShape = featureShapeAt(model, depth, source.size);
    const bytes = FeatureTable.bytes(rowShape, source.samples.length, 1);
    const inMemory = Math.min(wanted, Math.floor(this.#freeBytes(depth, model, source) / bytes));
    if (inMemory >= wanted) return {rowShape, views: wanted, inMemory: true};
    const inFiles = Math.min(
      wanted,
      Math.floor(((await this.options.fileCache?.availableBytes()) ?? 0) / bytes),
    );
    return {rowShape, views: Math.max(inMemory, inFiles), inMemory: inMemory >= inFiles};
  }

  /** What a table may take: a lower one, for later phases, leaves room for the one that is wanted now. */
  #freeBytes(depth: number, model: PhaseModel, {samples, size}: ImageDataset): number {
    const usedBytes = [...this.#tables.values()].reduce(
      (sum, table) => sum + table.memoryBytes,
      this.options.sharedCache?.memoryBytes ?? 0,
    );
    const isOwn = depth === model.frozenDepth;
    const reservedBytes = isOwn
      ? 0
      : FeatureTable.bytes(
          featureShapeAt(model, model.frozenDepth, size),
          samples.length,
          this.views,
        );
    return this.options.memoryLimitBytes - usedBytes - reservedBytes;
  }
}

/** Groups input to output, for `keepOnly`. */
export const modelLayerGroups = (model: PhaseModel): readonly LayerGroup[] =>
  presentLayerGroups(model.classifier.spec.lastStage);
