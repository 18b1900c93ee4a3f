import {readFile, stat} from 'node:fs/promises';
import {dirname, isAbsolute, join, normalize} from 'node:path';
import type {HostTensor} from '../../core/host-tensor.js';
import {Allowance, ELEMENT_TYPES, isShape, type ElementType} from './elements.js';
import {isObject, parseObject, type JsonObject} from './json.js';
import {counted, Malformed} from './malformed.js';
import type {Contents} from './weights-file.js';

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

/** That of ResNet-152 takes half a megabyte. */
const MAX_JSON_BYTES = 64_000_000;

/** Of 4 MiB each as a rule: 60 for ResNet-152. */
const MAX_SHARDS = 10_000;

/**
 * Reads the weights of a tfjs LayersModel: `model.json` and the shards it names, dequantised. Texts of its `userDefinedMetadata` are the
 * metadata, anything else in there as JSON.
 */
export async function readTfjs(jsonPath: string): Promise<Contents> {
  const {size} = await stat(jsonPath);
  if (size > MAX_JSON_BYTES) throw new Malformed(`a model.json of ${counted(size)} bytes, above the limit of ${counted(MAX_JSON_BYTES)}`);
  const json = parseObject(await readFile(jsonPath), 'model.json');
  const groups = manifestOf(json);
  const allowance = new Allowance();
  const tensors = new Map<string, HostTensor>();
  for (const group of groups) {
    for (const [name, tensor] of await readGroup(group, dirname(jsonPath), allowance)) tensors.set(name, tensor);
  }
  return {metadata: metadataOf(json), tensors};
}

function metadataOf({userDefinedMetadata}: JsonObject): Record<string, string> {
  const entries = Object.entries(isObject(userDefinedMetadata) ? userDefinedMetadata : {});
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]));
}

function manifestOf({weightsManifest: manifest}: JsonObject): ManifestGroup[] {
  if (!Array.isArray(manifest)) {
    throw new Malformed('a model.json without a weightsManifest', 'give the model.json of a tfjs model, or its folder');
  }
  return manifest.map((group: unknown) => {
    const {paths, weights} = isObject(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights)) throw new Malformed('a weightsManifest without paths and weights');
    if (paths.length > MAX_SHARDS) throw new Malformed(`${counted(paths.length)} shards, above the limit of ${counted(MAX_SHARDS)}`);
    return {paths: paths.map(shardPath), entries: weights.map(parseEntry)};
  });
}

/** A file of the model's folder, and of no other. */
function shardPath(path: unknown): string {
  if (typeof path !== 'string' || isAbsolute(path) || /^\.\.([/\\]|$)/.test(normalize(path))) {
    throw new Malformed(`a shard outside the model's folder (${JSON.stringify(path)})`);
  }
  return path;
}

function parseEntry(entry: unknown): Entry {
  const {name, shape, dtype, quantization} = isObject(entry) ? entry : {};
  if (typeof name !== 'string') throw new Malformed('a weight without a name');
  if (!isShape(shape)) throw new Malformed(`no valid shape for tensor "${name}"`);
  const {dtype: storedAs = dtype, scale = null, min = null} = isObject(quantization) ? quantization : {};
  const stored = typeof storedAs === 'string' && Object.hasOwn(STORED, storedAs) ? STORED[storedAs] : undefined;
  if (stored === undefined) {
    throw new Malformed(`numbers of type ${JSON.stringify(storedAs)} for tensor "${name}"`, 'export it as float32');
  }
  if (quantization === undefined || storedAs === 'float16') return {name, shape, stored};
  if (!Number.isFinite(scale) || !Number.isFinite(min)) throw new Malformed(`no valid scale and min for the quantised tensor "${name}"`);
  return dtype === 'float32' ? {name, shape, stored, affine: {scale: scale as number, min: min as number}} : {name, shape, stored};
}

async function readGroup({paths, entries}: ManifestGroup, folder: string, allowance: Allowance): Promise<[string, HostTensor][]> {
  const sizes = entries.map(({name, shape, stored}) => allowance.claim(name, shape) * stored.bytes);
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const bytes = await readShards(paths, folder, needed);
  let begin = 0;
  return entries.flatMap((entry, i) => {
    const data = decode(entry, bytes.subarray(begin, (begin += sizes[i]!)));
    return data === undefined ? [] : [[entry.name, {shape: entry.shape, data}]];
  });
}

async function readShards(paths: readonly string[], folder: string, needed: number): Promise<Buffer> {
  const sizes = await Promise.all(paths.map(path => shardSize(path, folder)));
  const found = sizes.reduce((sum, size) => sum + size, 0);
  if (found !== needed) {
    throw new Malformed(`${counted(found)} bytes in shards ${paths.join(', ')}, whose weights take ${counted(needed)}`);
  }
  const shards = await Promise.all(paths.map(path => readFile(join(folder, path))));
  return shards.length === 1 ? shards[0]! : Buffer.concat(shards);
}

async function shardSize(path: string, folder: string): Promise<number> {
  const found = await stat(join(folder, path)).catch(() => undefined);
  if (!found?.isFile()) throw new Malformed(`no shard ${path} beside its model.json`, 'copy the whole folder of the model');
  return found.size;
}

function decode({stored, affine}: Entry, bytes: Buffer): Float32Array | undefined {
  if (affine === undefined) return stored.decode?.(bytes);
  const quantised = stored === ELEMENT_TYPES.U8 ? bytes : new Uint16Array(new Uint8Array(bytes).buffer);
  return Float32Array.from(quantised, value => value * affine.scale + affine.min);
}
