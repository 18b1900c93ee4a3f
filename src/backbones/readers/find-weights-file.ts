import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {FormatError} from './format-error.js';

/** Names of weights files in folders written by Hugging Face, tfjs, and this project (models, runs and checkpoints). */
const STANDARD_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'model.json',
  'tf_model.h5',
  'weights.safetensors',
  join('model', 'model.safetensors'),
];

const WEIGHTS_FILE =
  /\.(?:safetensors|pth|pt|th|bin|ckpt|pkl|h5|hdf5|keras)$|\.pth\.tar$|^model\.json$/i;

/** Finds the weights file in a folder. @throws FormatError if there is none, or several candidates */
export async function findWeightsFile(directory: string): Promise<string> {
  const standardFile = STANDARD_FILES.find(file => existsSync(join(directory, file)));
  if (standardFile !== undefined) return join(directory, standardFile);
  const files = (await readdir(directory)).filter(file => WEIGHTS_FILE.test(file)).sort();
  if (files.length === 1) return join(directory, files[0]!);
  const remedy = 'give the file or the folder that holds the weights';
  if (files.length === 0) throw new FormatError('a folder without a file of weights', remedy);
  throw new FormatError(
    `a folder with ${files.length} files of weights (${files.slice(0, 4).join(', ')})`,
    'give one of them',
  );
}
