import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {formatInteger} from '../../core/text/format-count.js';
import type {JsonObject} from './json.js';
import {describeJsonValue} from './json.js';
import {FormatError} from './format-error.js';
import type {OpenShard, StoredTensor, WeightsReader} from './weights-file.js';

/** Maximum number of shards. They usually have 5 GB each; a ResNet is not sharded at all. */
const MAX_SHARDS = 1000;

/**
 * Opens the shards listed in an index: `weight_map` of `model.safetensors.index.json` or `pytorch_model.bin.index.json`, which maps tensor
 * names to file names.
 */
export async function openShards(
  weightMap: JsonObject,
  directory: string,
  openShard: OpenShard,
): Promise<WeightsReader> {
  const files = groupTensorsByShard(weightMap, directory);
  const opened: WeightsReader[] = [];
  const close = async (): Promise<void> =>
    void (await Promise.all(opened.map(shard => shard.close())));
  try {
    for (const [name] of files) opened.push(await openShard(join(directory, name)));
    const tensors = mergeShards(opened, [...files.keys()]);
    [...files].forEach(([name, tensorNames], i) =>
      checkShardComplete(name, tensorNames, opened[i]!),
    );
    const bytes = opened.reduce((sum, shard) => sum + shard.bytes, 0);
    return {
      format: opened[0]!.format,
      metadata: Object.assign({}, ...opened.map(({metadata}) => metadata)),
      tensors,
      bytes,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Groups tensor names by shard. Shards must be in the model's folder. */
function groupTensorsByShard(weightMap: JsonObject, directory: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [tensor, file] of Object.entries(weightMap)) {
    if (typeof file !== 'string' || file === '' || /[/\\]|^\.\.?$/.test(file)) {
      throw new FormatError(`a shard outside the model's folder (${describeJsonValue(file)})`);
    }
    const known = files.get(file);
    if (known === undefined) files.set(file, [tensor]);
    else known.push(tensor);
  }
  if (files.size === 0) throw new FormatError('an index without a tensor');
  if (files.size > MAX_SHARDS)
    throw new FormatError(
      `${formatInteger(files.size)} shards, above the limit of ${formatInteger(MAX_SHARDS)}`,
    );
  const missing = [...files.keys()].filter(file => !existsSync(join(directory, file)));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new FormatError(
      `no shard ${missing[0]}${more} of the ${files.size} that its index names`,
      'download or copy all of them',
    );
  }
  return files;
}

function mergeShards(
  shards: readonly WeightsReader[],
  names: readonly string[],
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  shards.forEach((shard, i) => {
    for (const [name, tensor] of shard.tensors) {
      if (tensors.has(name))
        throw new FormatError(`tensor "${name}" in two shards (${names[i]} is the second)`);
      tensors.set(name, tensor);
    }
  });
  return tensors;
}

/** Checks that a shard holds its tensors. Integer tensors are not kept, so their absence is no error. */
function checkShardComplete(
  file: string,
  names: readonly string[],
  {tensors}: WeightsReader,
): void {
  const missing = names.find(name => !tensors.has(name) && !name.endsWith('num_batches_tracked'));
  if (missing !== undefined)
    throw new FormatError(`no tensor "${missing}" in shard ${file}, where its index puts it`);
}
