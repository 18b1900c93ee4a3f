import {readFile, stat} from 'node:fs/promises';
import {formatInteger} from '../../core/text/format-count.js';
import {isObject, parseObject, type JsonObject} from './json.js';
import {FormatError} from './format-error.js';
import {openShards} from './shards.js';
import {openTfjs} from './tfjs.js';
import type {OpenShard, WeightsReader} from './weights-file.js';

/** Maximum size of a document. That of ResNet-152 takes half a megabyte. */
const MAX_JSON_BYTES = 8_000_000;

/** @throws FormatError for a document that is too large or invalid */
export async function readJsonDocument(path: string, what: string): Promise<JsonObject> {
  const {size} = await stat(path);
  if (size > MAX_JSON_BYTES)
    throw new FormatError(
      `a ${what} of ${formatInteger(size)} bytes, above the limit of ${formatInteger(MAX_JSON_BYTES)}`,
    );
  return parseObject(await readFile(path), what);
}

/** Opens weights described by a JSON document: the model.json of tfjs, or the index of a sharded model from Hugging Face's libraries. */
export async function openJsonWeights(
  path: string,
  folder: string,
  openShard: OpenShard,
): Promise<WeightsReader> {
  const json = await readJsonDocument(path, 'JSON document');
  if (isObject(json.weight_map)) return openShards(json.weight_map, folder, openShard);
  if (json.weightsManifest !== undefined)
    return {...(await openTfjs(json, folder)), format: 'tfjs'};
  throw new FormatError(
    'JSON without a weightsManifest or a weight_map',
    'give the model.json of a tfjs model, a model.safetensors.index.json, or the folder of either',
  );
}
