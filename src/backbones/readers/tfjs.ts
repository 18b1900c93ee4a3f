import {open, stat} from 'node:fs/promises';
import {isAbsolute, join, normalize} from 'node:path';
import {sizeFromShape} from '../../core/state-dict.js';
import {formatInteger} from '../../core/text/format-count.js';
import {DTYPES, parseShape, type DType} from './dtypes.js';
import {readExactly} from './file-bytes.js';
import {isObject, describeJsonValue, stringifyJson, type JsonObject} from './json.js';
import {FormatError} from './format-error.js';
import type {TensorReader, StoredTensor} from './weights-file.js';

/**
 * An entry of the weights manifest: https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts (WeightsManifestEntry)
 */
interface TfjsEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly storedDType: DType;
  /** Quantization to integers: value = stored * scale + min. */
  readonly affine?: {readonly scale: number; readonly min: number};
}

interface ManifestGroup {
  /** Shard paths relative to model.json. The weights are stored in the concatenation of these files. */
  readonly paths: readonly string[];
  readonly entries: readonly TfjsEntry[];
}

const TFJS_DTYPES: Readonly<Record<string, DType>> = {
  float32: DTYPES.F32,
  float16: DTYPES.F16,
  uint16: DTYPES.U16,
  uint8: DTYPES.U8,
  int32: DTYPES.I32,
  bool: DTYPES.BOOL,
};

/** Maximum number of shards. They usually have 4 MiB each: 60 for ResNet-152. */
const MAX_SHARDS = 10_000;

/** A shard, and its offset in the bytes of its group. */
interface Shard {
  readonly path: string;
  readonly begin: number;
  readonly bytes: number;
}

/**
 * Opens the weights of a tfjs LayersModel: its `model.json` and the listed shards. The metadata are the texts of its `userDefinedMetadata`;
 * other values are kept as JSON.
 */
export async function openTfjs(json: JsonObject, directory: string): Promise<TensorReader> {
  const groups = parseManifest(json);
  const tensors = new Map<string, StoredTensor>();
  let bytes = 0;
  for (const {paths, entries} of groups) {
    const shards = await locateShards(paths, directory, entries);
    bytes += shards.reduce((sum, shard) => sum + shard.bytes, 0);
    for (const [name, tensor] of listTensors(entries, shards)) tensors.set(name, tensor);
  }
  return {metadata: parseMetadata(json), tensors, bytes, close: async () => {}};
}

function parseMetadata({userDefinedMetadata}: JsonObject): Record<string, string> {
  const entries = Object.entries(isObject(userDefinedMetadata) ? userDefinedMetadata : {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, stringifyJson(value, 'userDefinedMetadata')]),
  );
}

function parseManifest({weightsManifest: manifest}: JsonObject): ManifestGroup[] {
  if (!Array.isArray(manifest)) {
    throw new FormatError(
      'a model.json without a weightsManifest',
      'give the model.json of a tfjs model, or its folder',
    );
  }
  const groups = manifest.map((group: unknown) => {
    const {paths, weights} = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights))
      throw new FormatError('a weightsManifest without paths and weights');
    return {paths: paths.map(checkShardPath), entries: weights.map(parseEntry)};
  });
  checkShards(groups.flatMap(({paths}) => paths));
  return groups;
}

/** Checks that each shard is listed once. Otherwise a small file could claim any number of weights. */
function checkShards(paths: readonly string[]): void {
  if (paths.length > MAX_SHARDS)
    throw new FormatError(
      `${formatInteger(paths.length)} shards, above the limit of ${formatInteger(MAX_SHARDS)}`,
    );
  const seen = new Set<string>();
  const duplicatePath = paths.find(path => seen.size === seen.add(normalize(path)).size);
  if (duplicatePath !== undefined)
    throw new FormatError(`shard ${duplicatePath} named more than once`);
}

/** Checks that a shard is in the model's folder. */
function checkShardPath(path: unknown): string {
  if (typeof path !== 'string' || isAbsolute(path) || /^\.\.([/\\]|$)/.test(normalize(path))) {
    throw new FormatError(`a shard outside the model's folder (${describeJsonValue(path)})`);
  }
  return path;
}

function parseEntry(entry: unknown): TfjsEntry {
  const {name, shape: found, dtype, quantization} = isObject(entry) ? entry : {};
  if (typeof name !== 'string') throw new FormatError('a weight without a name');
  const shape = parseShape(name, found);
  const {
    dtype: storageType = dtype,
    scale = null,
    min = null,
  } = isObject(quantization) ? quantization : {};
  const storedDType =
    typeof storageType === 'string' && Object.hasOwn(TFJS_DTYPES, storageType)
      ? TFJS_DTYPES[storageType]
      : undefined;
  if (storedDType === undefined)
    throw new FormatError(
      `numbers of type ${describeJsonValue(storageType)} for tensor "${name}"`,
      'export it as float32',
    );
  if (quantization === undefined || storageType === 'float16') return {name, shape, storedDType};
  if (storageType !== 'uint8' && storageType !== 'uint16') {
    throw new FormatError(
      `numbers quantised to ${describeJsonValue(storageType)} for tensor "${name}"`,
      'export it as float32',
    );
  }
  if (!Number.isFinite(scale) || !Number.isFinite(min))
    throw new FormatError(`no valid scale and min for the quantised tensor "${name}"`);
  return dtype === 'float32'
    ? {name, shape, storedDType, affine: {scale: scale as number, min: min as number}}
    : {name, shape, storedDType};
}

const entryBytes = ({shape, storedDType}: TfjsEntry): number =>
  storedDType.bytes * sizeFromShape(shape);

async function locateShards(
  paths: readonly string[],
  directory: string,
  entries: readonly TfjsEntry[],
): Promise<Shard[]> {
  const sizes: number[] = [];
  for (const path of paths) sizes.push(await shardSize(path, directory));
  const found = sizes.reduce((sum, size) => sum + size, 0);
  const expectedBytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (found !== expectedBytes) {
    throw new FormatError(
      `${formatInteger(found)} bytes in shards ${paths.join(', ')}, whose weights take ${formatInteger(expectedBytes)}`,
    );
  }
  let begin = 0;
  return paths.map((path, i) => {
    const shard = {path: join(directory, path), begin, bytes: sizes[i]!};
    begin += shard.bytes;
    return shard;
  });
}

async function shardSize(path: string, directory: string): Promise<number> {
  const found = await stat(join(directory, path)).catch(() => undefined);
  if (!found?.isFile())
    throw new FormatError(
      `no shard ${path} next to its model.json`,
      'copy the whole folder of the model',
    );
  return found.size;
}

function* listTensors(
  entries: readonly TfjsEntry[],
  shards: readonly Shard[],
): Generator<[string, StoredTensor]> {
  let end = 0;
  for (const entry of entries) {
    const begin = end;
    end += entryBytes(entry);
    const until = end;
    const decode = createDecoder(entry);
    if (decode !== undefined) {
      yield [
        entry.name,
        {shape: entry.shape, read: async () => decode(await readRange(shards, begin, until))},
      ];
    }
  }
}

/** Reads a range of a group's bytes, which may span several shards. */
async function readRange(shards: readonly Shard[], begin: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (const shard of shards) {
    const from = Math.max(begin, shard.begin);
    const until = Math.min(end, shard.begin + shard.bytes);
    if (until > from) chunks.push(await readShardRange(shard, from - shard.begin, until - from));
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

async function readShardRange({path}: Shard, position: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    return await readExactly(file, position, length);
  } finally {
    await file.close();
  }
}

function createDecoder({storedDType, affine}: TfjsEntry): DType['decode'] {
  if (affine === undefined) return storedDType.decode;
  return bytes => {
    const quantizedValues =
      storedDType === DTYPES.U8 ? bytes : new Uint16Array(new Uint8Array(bytes).buffer);
    return Float32Array.from(quantizedValues, value => value * affine.scale + affine.min);
  };
}
