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
 * Cache of the features of one set of samples, by frozen depth. A table is built once and kept while the groups below its depth stay
 * frozen. A deeper table is computed from a shallower one if available.
 */
export class FeatureCache {
  /** Feature tables of this set of samples, by frozen depth. */
  readonly #tables = new Map<number, FeatureTable>();
  /** Frozen depths at which features could not be cached; they are not tried again. */
  readonly #failedDepths = new Set<number>();
  /** Tables of the shared cache that `#tables` are subsets of, by frozen depth. */
  readonly #sharedTables = new Map<number, FeatureTable>();
  /**
   * True until the first phase has its features. Until then, features depend only on the initial weights, which all runs of the pool share.
   */
  #isFirstPhase = true;

  /** @param views views per image, the unaugmented one included; fewer are cached if memory and disk are short */
  constructor(
    readonly source: ImageDataset,
    readonly views: number,
    readonly options: FeatureCacheOptions,
  ) {}

  /**
   * Inputs of a phase: cached features or pixels.
   * @param upcomingDepths frozen depths of later phases; the lowest one that fits is filled first and serves all of them
   */
  async inputs(
    model: PhaseModel,
    upcomingDepths: readonly number[] = [],
  ): Promise<{
    readonly inputs: BatchSource;
    readonly cached: boolean;
    /** Present if features are cached. Valid until the table is dropped. */
    readonly table?: FeatureTable;
  }> {
    for (const depth of this.missingDepths(model, upcomingDepths))
      await this.#ensureTable(depth, model);
    this.#isFirstPhase = false;
    const table = this.#tables.get(model.frozenDepth);
    if (table === undefined) return {inputs: imageBatchSource(this.source), cached: false};
    const labels = Int32Array.from(this.source.samples, sample => sample.label);
    return {inputs: featureBatchSource(table, labels, this.source.seed), cached: true, table};
  }

  /** Frozen depths of the tables that `inputs` would build, lowest first. It leaves out those that do not fit. */
  missingDepths(
    {frozenDepth, classifier: {spec}}: PhaseModel,
    upcomingDepths: readonly number[] = [],
  ): number[] {
    if (this.source.samples.length === 0) return [];
    const cachesMaps = this.options.cachesFeatureMaps !== false;
    return [...new Set([...upcomingDepths, frozenDepth])]
      .filter(depth => depth > 0 && depth <= frozenDepth)
      .filter(depth => cachesMaps || depth > spec.lastStage)
      .filter(depth => !this.#tables.has(depth) && !this.#failedDepths.has(depth))
      .sort((a, b) => a - b);
  }

  /** Drops tables whose frozen groups have been trained since, and tables that no later phase uses. */
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

  /** Builds the table at a frozen depth unless it does not fit. A table has at least two views if augmented views are requested. */
  async #ensureTable(depth: number, model: PhaseModel): Promise<void> {
    const table =
      this.options.sharedCache === undefined
        ? undefined
        : await this.#sharedSubset(this.options.sharedCache, depth, model);
    if (this.#failedDepths.has(depth)) return;
    const ownTable = table ?? (await this.#buildTable(depth, model, this.source, this.#tables));
    if (ownTable !== undefined) this.#tables.set(depth, ownTable);
  }

  /** Subset of a shared table of all images. Uses an existing table, or builds one that every run can use. */
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

  /** @param tables tables of the same source; a shallower one saves forward passes */
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

  /** Plans the storage of a table: memory if all views fit, else memory or files, whichever holds more views. */
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

  /** Bytes available to a table. A table for later phases leaves room for that of the current phase. */
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

/** Layer groups from input to output, for `retainOnly`. */
export const modelLayerGroups = (model: PhaseModel): readonly LayerGroup[] =>
  presentLayerGroups(model.classifier.spec.lastStage);
