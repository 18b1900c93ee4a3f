import {existsSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {TORCHVISION_PREPROCESSING} from '../../core/preprocessing.js';
import {isObject, type JsonObject} from './json.js';
import {readJsonDocument} from './json-weights.js';
import {FormatError} from './format-error.js';

/** Files of a Hugging Face folder that the config.json next to them describes. */
const HUGGING_FACE_WEIGHTS = /^(?:model\.safetensors|pytorch_model\.bin)(?:\.index\.json)?$/;

/**
 * Reads `config.json` and `preprocessor_config.json` next to Hugging Face weights, and converts them to this project's metadata. In timm's
 * files, `pretrained_cfg` holds the same.
 */
export async function readModelConfig(file: string): Promise<Readonly<Record<string, string>>> {
  if (!HUGGING_FACE_WEIGHTS.test(basename(file))) return {};
  const config = await readOptionalJson(join(dirname(file), 'config.json'));
  const preprocessor = await readOptionalJson(join(dirname(file), 'preprocessor_config.json'));
  const timm = isObject(config.pretrained_cfg) ? config.pretrained_cfg : {};
  const normalization =
    parseNormalization(preprocessor.image_mean, preprocessor.image_std) ??
    parseNormalization(timm.mean, timm.std);
  return {
    ...(typeof config.architecture === 'string' && {arch: config.architecture.split('.')[0]!}),
    ...(config.model_type === 'resnet' && {
      stride_on: config.downsample_in_bottleneck === true ? '1x1' : '3x3',
    }),
    ...(normalization !== undefined && {
      preprocessing: JSON.stringify({...TORCHVISION_PREPROCESSING, ...normalization}),
    }),
  };
}

async function readOptionalJson(path: string): Promise<JsonObject> {
  return existsSync(path) ? readJsonDocument(path, basename(path)) : {};
}

type Triple = readonly [number, number, number];

const isTriple = (values: unknown): values is Triple =>
  Array.isArray(values) && values.length === 3 && values.every(value => Number.isFinite(value));

/** Mean and standard deviation for pixels in 0..1. */
function parseNormalization(
  mean: unknown,
  std: unknown,
): {readonly mean: Triple; readonly std: Triple} | undefined {
  if (mean === undefined || std === undefined) return undefined;
  if (isTriple(mean) && isTriple(std) && std.every(value => value > 0)) return {mean, std};
  throw new FormatError('a mean or std in its configuration that is not three numbers');
}
