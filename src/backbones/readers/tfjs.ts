import {open, stat} from 'node:fs/promises';
import {isAbsolute, join, normalize} from 'node:path';
import {sizeOf} from '../../core/host-tensor.js';
import {ELEMENT_TYPES, shapeOf, type ElementType} from './elements.js';
import {readExactly} from './file-bytes.js';
import {isObject, shown, toText, type JsonObject} from './json.js';
import {counted, Malformed} from './malformed.js';
import type {OpenContents, StoredTensor} from './weights-file.js';

/** https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts (WeightsManifestEntry) */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly stored: ElementType;
  /** Value = stored * scale + min, of weights quantised to whole numbers. */
  readonly affine?: {readonly scale: number; readonly min: number};
}

interface ManifestGroup {
  /** Relative to model.json. The weights lie in these files as if they were one. */
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
}

const STORED: Readonly<Record<string, ElementType>> = {
  float32: ELEMENT_TYPES.F32,
  float16: ELEMENT_TYPES.F16,
  uint16: ELEMENT_TYPES.U16,
  uint8: ELEMENT_TYPES.U8,
  int32: ELEMENT_TYPES.I32,
  bool: ELEMENT_TYPES.BOOL,
};

/** Of 4 MiB each as a rule: 60 for ResNet-152. */
const MAX_SHARDS = 10_000;

/** A shard, and where it begins in the bytes of its group. */
interface Shard {
  readonly path: string;
  readonly begin: number;
  readonly bytes: number;
}

/**
 * Opens the weights of a tfjs LayersModel: its `model.json` and the shards it names. Texts of its `userDefinedMetadata` are the metadata,
 * anything else in there as JSON.
 */
export async function openTfjs(json: JsonObject, folder: string): Promise<OpenContents> {
  const groups = manifestOf(json);
  const tensors = new Map<string, StoredTensor>();
  let bytes = 0;
  for (const {paths, entries} of groups) {
    const shards = await shardsOf(paths, folder, entries);
    bytes += shards.reduce((sum, shard) => sum + shard.bytes, 0);
    for (const [name, tensor] of tensorsOf(entries, shards)) tensors.set(name, tensor);
  }
  return {metadata: metadataOf(json), tensors, bytes, close: async () => {}};
}

function metadataOf({userDefinedMetadata}: JsonObject): Record<string, string> {
  const entries = Object.entries(isObject(userDefinedMetadata) ? userDefinedMetadata : {});
  return Object.fromEntries(entries.map(([key, value]) => [key, toText(value, 'userDefinedMetadata')]));
}

function manifestOf({weightsManifest: manifest}: JsonObject): ManifestGroup[] {
  if (!Array.isArray(manifest)) {
    throw new Malformed('a model.json without a weightsManifest', 'give the model.json of a tfjs model, or its folder');
  }
  const groups = manifest.map((group: unknown) => {
    const {paths, weights} = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights)) throw new Malformed('a weightsManifest without paths and weights');
    return {paths: paths.map(shardPath), entries: weights.map(parseEntry)};
  });
  checkShards(groups.flatMap(({paths}) => paths));
  return groups;
}

/** A shard holds the weights of one group, once: else a small file could claim to hold any number of them. */
function checkShards(paths: readonly string[]): void {
  if (paths.length > MAX_SHARDS) throw new Malformed(`${counted(paths.length)} shards, above the limit of ${counted(MAX_SHARDS)}`);
  const seen = new Set<string>();
  const twice = paths.find(path => seen.size === seen.add(normalize(path)).size);
  if (twice !== undefined) throw new Malformed(`shard ${twice} named more than once`);
}

/** A file of the model's folder, and of no other. */
function shardPath(path: unknown): string {
  if (typeof path !== 'string' || isAbsolute(path) || /^\.\.([/\\]|$)/.test(normalize(path))) {
    throw new Malformed(`a shard outside the model's folder (${shown(path)})`);
  }
  return path;
}

function parseEntry(entry: unknown): Entry {
  const {name, shape: found, dtype, quantization} = isObject(entry) ? entry : {};
  if (typeof name !== 'string') throw new Malformed('a weight without a name');
  const shape = shapeOf(name, found);
  const {dtype: storedAs = dtype, scale = null, min = null} = isObject(quantization) ? quantization : {};
  const stored = typeof storedAs === 'string' && Object.hasOwn(STORED, storedAs) ? STORED[storedAs] : undefined;
  if (stored === undefined) throw new Malformed(`numbers of type ${shown(storedAs)} for tensor "${name}"`, 'export it as float32');
  if (quantization === undefined || storedAs === 'float16') return {name, shape, stored};
  if (storedAs !== 'uint8' && storedAs !== 'uint16') {
    throw new Malformed(`numbers quantised to ${shown(storedAs)} for tensor "${name}"`, 'export it as float32');
  }
  if (!Number.isFinite(scale) || !Number.isFinite(min)) throw new Malformed(`no valid scale and min for the quantised tensor "${name}"`);
  return dtype === 'float32' ? {name, shape, stored, affine: {scale: scale as number, min: min as number}} : {name, shape, stored};
}

const bytesOf = ({shape, stored}: Entry): number => stored.bytes * sizeOf(shape);

async function shardsOf(paths: readonly string[], folder: string, entries: readonly Entry[]): Promise<Shard[]> {
  const sizes: number[] = [];
  for (const path of paths) sizes.push(await shardSize(path, folder));
  const found = sizes.reduce((sum, size) => sum + size, 0);
  const needed = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
  if (found !== needed) {
    throw new Malformed(`${counted(found)} bytes in shards ${paths.join(', ')}, whose weights take ${counted(needed)}`);
  }
  let begin = 0;
  return paths.map((path, i) => {
    const shard = {path: join(folder, path), begin, bytes: sizes[i]!};
    begin += shard.bytes;
    return shard;
  });
}

async function shardSize(path: string, folder: string): Promise<number> {
  const found = await stat(join(folder, path)).catch(() => undefined);
  if (!found?.isFile()) throw new Malformed(`no shard ${path} beside its model.json`, 'copy the whole folder of the model');
  return found.size;
}

function* tensorsOf(entries: readonly Entry[], shards: readonly Shard[]): Generator<[string, StoredTensor]> {
  let end = 0;
  for (const entry of entries) {
    const begin = end;
    end += bytesOf(entry);
    const until = end;
    const decode = decoderOf(entry);
    if (decode !== undefined) {
      yield [entry.name, {shape: entry.shape, read: async () => decode(await readRange(shards, begin, until))}];
    }
  }
}

/** Bytes of a group of shards, which may lie across several of them. */
async function readRange(shards: readonly Shard[], begin: number, end: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const shard of shards) {
    const from = Math.max(begin, shard.begin);
    const until = Math.min(end, shard.begin + shard.bytes);
    if (until > from) pieces.push(await readPiece(shard, from - shard.begin, until - from));
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

async function readPiece({path}: Shard, position: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    return await readExactly(file, position, length);
  } finally {
    await file.close();
  }
}

function decoderOf({stored, affine}: Entry): ElementType['decode'] {
  if (affine === undefined) return stored.decode;
  return bytes => {
    const quantised = stored === ELEMENT_TYPES.U8 ? bytes : new Uint16Array(new Uint8Array(bytes).buffer);
    return Float32Array.from(quantised, value => value * affine.scale + affine.min);
  };
}
