import {withRemedy} from './format-error.js';
import {defineError, FinetuneError} from '../../core/errors.js';
import type {CpuTensor, StateDict} from '../../core/state-dict.js';

export type WeightsFormat = 'safetensors' | 'pytorch' | 'keras-h5' | 'tfjs';

/** A floating-point tensor that is still in its file. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** The numbers as float32, row-major; perhaps a view of a larger buffer. */
  readonly read: () => Promise<Float32Array>;
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** What a reader finds. Nothing is decoded before it is asked for; integers are left out. */
export interface TensorReader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: StoredTensors;
  /** Bytes of all files it reads from. */
  readonly bytes: number;
  readonly close: () => Promise<void>;
}

/** A reader that says what it reads. */
export interface WeightsReader extends TensorReader {
  readonly format: WeightsFormat;
}

/** Opens one of the files that an index names. */
export type OpenShard = (path: string) => Promise<WeightsReader>;

/** An open file of weights, as it names and lays them out. Its opener closes it. */
export interface OpenWeights extends WeightsReader {
  readonly path: string;
}

/** Everything that a reader finds, as float32; several tensors may be views of one buffer. */
export interface WeightsContents {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: StateDict;
}

/** A whole file of weights in memory. */
export interface WeightsFile extends WeightsContents {
  readonly path: string;
  readonly format: WeightsFormat;
}

/** Reads every tensor, one after the other. */
export async function readAllTensors(tensors: StoredTensors): Promise<Map<string, CpuTensor>> {
  const read = new Map<string, CpuTensor>();
  for (const [name, tensor] of tensors)
    read.set(name, {shape: tensor.shape, data: await tensor.read()});
  return read;
}

/** A file that does not hold weights this project can read. Nothing of it was kept. */
export class WeightsFileError extends defineError(
  FinetuneError,
  'WEIGHTS_UNREADABLE',
  ({path, reason}: {path: string; reason: string}, {remedy}: {remedy: string}) =>
    `${path} cannot be read as weights: ${withRemedy(reason, remedy)}.`,
) {}
