import {sizeFromShape} from '../../core/state-dict.js';
import {sha256} from '../../core/files/sha256.js';
import {computeImageFeatures, computeDeeperFeatures, type FrozenPass} from './feature-passes.js';
import {
  featureBytes,
  storeRows,
  openRows,
  type FeatureRows,
  type RowFormat,
  type FeatureRowStream,
} from './feature-rows.js';
import type {FeatureCacheOptions} from './feature-cache-options.js';
import {FeatureTable} from './feature-table.js';
import type {ImageDataset} from '../loop/image-dataset.js';

/** Plan of a feature table to build. */
export interface FeatureTablePlan {
  readonly pass: FrozenPass;
  readonly source: ImageDataset;
  /** Table at a lower frozen depth, with at least as many views. */
  readonly lowerTable?: FeatureTable;
  readonly rowShape: readonly number[];
  readonly views: number;
  readonly inMemory: boolean;
}

/** Version of the features. Increase it when the same frozen groups compute different features of the same images. */
const FEATURES_VERSION = 1;

/** Cache key of a view: a hash of everything that its rows depend on. */
function featureKey({pass, source, lowerTable}: FeatureTablePlan, view: number): string {
  const {cache, samples, size, fit, augmentation, seed} = source;
  const augmentationKey =
    view === 0 ? null : {view, seed, augmentation, names: samples.map(({name}) => name)};
  const {model, depth, precision} = pass;
  const keyParts = {
    version: FEATURES_VERSION,
    frozen: model.fingerprint(depth),
    precision,
    through: lowerTable?.depth ?? null,
    size,
    ...(fit !== undefined && {fit}),
    variation: augmentationKey,
    contents: samples.map(sample => cache.contentHash(sample)),
  };
  return sha256(JSON.stringify(keyParts));
}

/** Builds all views of a table. A view is read from the file cache, or computed and stored there if it fits. */
export async function buildFeatureTable(
  plan: FeatureTablePlan,
  spec: FeatureCacheOptions,
): Promise<FeatureTable> {
  const {pass, rowShape, source, inMemory} = plan;
  const format: RowFormat = {shape: rowShape, count: source.samples.length};
  const views: FeatureRows[] = [];
  try {
    for (let view = 0; view < plan.views; view++)
      views.push(await buildView(plan, view, format, spec));
  } catch (error) {
    await Promise.all(views.map(rows => rows.close()));
    throw error;
  }
  const memory = inMemory ? featureBytes(format) * views.length : 0;
  return new FeatureTable(pass.depth, rowShape, format.count, views, memory);
}

async function buildView(
  plan: FeatureTablePlan,
  view: number,
  format: RowFormat,
  spec: FeatureCacheOptions,
): Promise<FeatureRows> {
  const {fileCache: files, onProgress, onReused: onFound} = spec;
  const [before, total] = [view * format.count, plan.views * format.count];
  const path = files?.path(featureKey(plan, view));
  const reusedRows = path === undefined ? undefined : await openRows(path, format, plan.inMemory);
  if (reusedRows !== undefined) {
    await files!.markUsed(path!);
    onProgress?.(before + format.count, total);
    onFound?.(format.count);
    return reusedRows;
  }
  const rows = withRowProgress(computeRows(plan, view, spec), format, done =>
    onProgress?.(before + done, total),
  );
  const isStored = path !== undefined && (await files!.evictFor(featureBytes(format)));
  const made = await storeRows(format, rows, plan.inMemory, isStored ? path : undefined);
  if (isStored) await files!.markUsed(path);
  return made;
}

const computeRows = (
  {pass, source, lowerTable}: FeatureTablePlan,
  view: number,
  {signal}: FeatureCacheOptions,
): FeatureRowStream =>
  lowerTable === undefined
    ? computeImageFeatures(pass, source, view)
    : computeDeeperFeatures(pass, lowerTable, view, signal);

/** Calls `onRows` with the number of finished rows after every batch. */
async function* withRowProgress(
  rows: FeatureRowStream,
  {shape}: RowFormat,
  onRows: (done: number) => void,
): FeatureRowStream {
  let done = 0;
  for await (const rowBatch of rows) {
    yield rowBatch;
    done += rowBatch.length / sizeFromShape(shape);
    onRows(done);
  }
}
