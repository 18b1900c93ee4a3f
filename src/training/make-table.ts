import {createHash} from 'node:crypto';
import {sizeOf} from '../core/host-tensor.js';
import {featuresOfPictures, featuresOfTable, type Pass} from './feature-passes.js';
import {bytesOf, keepRows, openRows, type FeatureRows, type RowFormat, type RowSource} from './feature-rows.js';
import type {FeatureStoreSpec} from './feature-store.js';
import {FeatureTable} from './feature-table.js';
import type {PictureSource} from './pictures.js';

/** A table to be made, and of what. */
export interface Making {
  readonly pass: Pass;
  readonly source: PictureSource;
  /** A table of a lower boundary, with no fewer views. */
  readonly lower?: FeatureTable;
  readonly rowShape: readonly number[];
  readonly views: number;
  readonly inMemory: boolean;
}

/** Counted up when the same frozen groups come to give other features of the same pictures. */
const VERSION = 1;

/** Everything that the rows of a view depend on. */
function keyOf({pass, source, lower}: Making, view: number): string {
  const {cache, samples, size, fit, augmentation, seed} = source;
  const variation = view === 0 ? null : {view, seed, augmentation, names: samples.map(({name}) => name)};
  const {network, boundary, precision} = pass;
  const decided = {
    version: VERSION,
    frozen: network.fingerprint(boundary),
    precision,
    through: lower?.boundary ?? null,
    size,
    ...(fit !== undefined && {fit}),
    variation,
    contents: samples.map(sample => cache.contentHash(sample)),
  };
  return createHash('sha256').update(JSON.stringify(decided)).digest('hex');
}

/** Every view of a table: found, or made and left to later runs where there is room for that. */
export async function makeTable(making: Making, spec: FeatureStoreSpec): Promise<FeatureTable> {
  const {pass, rowShape, source, inMemory} = making;
  const format: RowFormat = {shape: rowShape, count: source.samples.length};
  const views: FeatureRows[] = [];
  try {
    for (let view = 0; view < making.views; view++) views.push(await viewOf(making, view, format, spec));
  } catch (error) {
    await Promise.all(views.map(rows => rows.close()));
    throw error;
  }
  const memory = inMemory ? bytesOf(format) * views.length : 0;
  return new FeatureTable(pass.boundary, rowShape, format.count, views, memory);
}

async function viewOf(making: Making, view: number, format: RowFormat, spec: FeatureStoreSpec): Promise<FeatureRows> {
  const {files, onProgress, onFound} = spec;
  const [before, total] = [view * format.count, making.views * format.count];
  const path = files?.path(keyOf(making, view));
  const found = path === undefined ? undefined : await openRows(path, format, making.inMemory);
  if (found !== undefined) {
    await files!.use(path!);
    onProgress?.(before + format.count, total);
    onFound?.(format.count);
    return found;
  }
  const rows = told(rowsOf(making, view, spec), format, done => onProgress?.(before + done, total));
  const isKept = path !== undefined && (await files!.makeRoom(bytesOf(format)));
  const made = await keepRows(format, rows, making.inMemory, isKept ? path : undefined);
  if (isKept) await files!.use(path);
  return made;
}

const rowsOf = ({pass, source, lower}: Making, view: number, {signal}: FeatureStoreSpec): RowSource =>
  lower === undefined ? featuresOfPictures(pass, source, view) : featuresOfTable(pass, lower, view, signal);

/** Says after every batch how many rows have come. */
async function* told(rows: RowSource, {shape}: RowFormat, onRows: (done: number) => void): RowSource {
  let done = 0;
  for await (const some of rows) {
    yield some;
    done += some.length / sizeOf(shape);
    onRows(done);
  }
}
