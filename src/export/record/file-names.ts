/** Files of an exported model. The weights of `model` are in shards next to it. */
export const MODEL_FILES = {
  model: 'model.json',
  tensors: 'model.safetensors',
  record: 'finetune.json',
  metadata: 'metadata.json',
  labels: 'labels.txt',
  card: 'README.md',
} as const;

/** Folder of the web page, in an exported model and in an ensemble. */
export const WEB_DIRECTORY = 'web';

/** Name of a shard in the convention of the tfjs converter: `group1-shard2of9.bin`. */
export const shardName = (index: number, count: number): string =>
  `group1-shard${index + 1}of${count}.bin`;

export const SHARD_NAME = /^group1-shard\d+of\d+\.bin$/;

/** Files of an exported ensemble, next to `metadata.json`, `labels.txt` and `README.md`. Each folder in `members` is an exported model. */
export const ENSEMBLE_FILES = {
  record: 'ensemble.json',
  members: 'members',
} as const;
