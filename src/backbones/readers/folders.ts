import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {Malformed} from './malformed.js';

/** Where the weights lie in folders that libraries write: Hugging Face's, tfjs', and this project's models, runs and checkpoints. */
const USUAL_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'model.json',
  'tf_model.h5',
  'weights.safetensors',
  join('model', 'model.safetensors'),
];

const WEIGHTS = /\.(?:safetensors|pth|pt|th|bin|ckpt|pkl|h5|hdf5|keras)$|\.pth\.tar$|^model\.json$/i;

/** The file of a folder that holds its weights. @throws Malformed where there is none, or it is not clear which */
export async function fileInFolder(folder: string): Promise<string> {
  const usual = USUAL_FILES.find(file => existsSync(join(folder, file)));
  if (usual !== undefined) return join(folder, usual);
  const files = (await readdir(folder)).filter(file => WEIGHTS.test(file)).sort();
  if (files.length === 1) return join(folder, files[0]!);
  const give = 'give the file or the folder that holds the weights';
  if (files.length === 0) throw new Malformed('a folder without a file of weights', give);
  throw new Malformed(`a folder with ${files.length} files of weights (${files.slice(0, 4).join(', ')})`, 'give one of them');
}
