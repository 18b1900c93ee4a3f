import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {printableJson} from '../../core/text/printable.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {tf, type io, type LayersModel} from '../../backend/tensorflow.js';
import {MODEL_FILES, shardName} from '../record/file-names.js';

/** Shard size of the tfjs converter. A CDN can cache files of this size, and a browser fetches several in parallel. */
export const SHARD_BYTES = 4 * 2 ** 20;

/** Splits the concatenated weights into shards. The last one may be shorter. */
function toShards(weights: io.WeightData): Uint8Array[] {
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weights));
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  return Array.from({length: count}, (_, i) =>
    bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  );
}

/**
 * Writes a LayersModel as `model.json` and shards, the format that `tf.loadLayersModel` reads from any URL.
 * @returns file names: model.json first, then the shards in order
 */
export async function writeLayersModel(model: LayersModel, directory: string): Promise<string[]> {
  const names: string[] = [MODEL_FILES.model];
  const write = async ({
    weightData,
    weightSpecs,
    ...artifacts
  }: io.ModelArtifacts): Promise<io.SaveResult> => {
    const shards = toShards(weightData!);
    const paths = shards.map((_, i) => shardName(i, shards.length));
    const json = {...artifacts, weightsManifest: [{paths, weights: weightSpecs}]};
    await writeFileAtomic(join(directory, MODEL_FILES.model), printableJson(json, 0));
    for (const [i, path] of paths.entries())
      await writeFileAtomic(join(directory, path), shards[i]!);
    names.push(...paths);
    return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
  };
  await model.save(tf.io.withSaveHandler(write));
  return names;
}

/** Loads the output of `writeLayersModel` with `tf.loadLayersModel`, on any backend. The caller disposes the model. */
export async function readLayersModel(directory: string): Promise<LayersModel> {
  const {weightsManifest, ...artifacts} = JSON.parse(
    await readFile(join(directory, MODEL_FILES.model), 'utf8'),
  ) as io.ModelJSON;
  const files = weightsManifest
    .flatMap(({paths}) => paths)
    .map(path => readFile(join(directory, path)));
  const weightData = (await Promise.all(files)).map(bytes => new Uint8Array(bytes).buffer);
  const weightSpecs = weightsManifest.flatMap(({weights}) => weights);
  return tf.loadLayersModel(tf.io.fromMemory({...artifacts, weightSpecs, weightData}));
}
