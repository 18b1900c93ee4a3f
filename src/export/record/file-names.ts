/** The files of an exported model; the weights of `model` are in shards next to it. */
export const MODEL_FILES = {
  model: 'model.json',
  tensors: 'model.safetensors',
  record: 'finetune.json',
  metadata: 'metadata.json',
  labels: 'labels.txt',
  card: 'README.md',
} as const;

/** `group1-shard2of9.bin`, as the tfjs converter names them. */
export const shardName = (index: number, count: number): string =>
  `group1-shard${index + 1}of${count}.bin`;

export const SHARD_NAME = /^group1-shard\d+of\d+\.bin$/;
