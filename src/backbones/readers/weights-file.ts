import {FormatError, withRemedy} from './format-error.js';
import {defineError, errorMessage, FinetuneError} from '../../core/errors.js';
import type {CpuTensor, StateDict} from '../../core/state-dict.js';

export type WeightsFormat = 'safetensors' | 'pytorch' | 'keras-h5' | 'tfjs';

/** A floating-point tensor that is not read yet. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Reads the values as float32, row-major. The result may be a view of a larger buffer. */
  readonly read: () => Promise<Float32Array>;
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** An open file. Tensors are decoded on demand; integer tensors are skipped. */
export interface TensorReader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: StoredTensors;
  /** Total size in bytes of all files it reads from. */
  readonly bytes: number;
  readonly close: () => Promise<void>;
}

/** A reader with its format. */
export interface WeightsReader extends TensorReader {
  readonly format: WeightsFormat;
}

/** Opens a file that is listed in an index. */
export type OpenShard = (path: string) => Promise<WeightsReader>;

/** An open weights file with its own names and layout. The caller closes it. */
export interface OpenWeights extends WeightsReader {
  readonly path: string;
}

/** All tensors of a file, as float32. Several may be views of one buffer. */
export interface WeightsContents {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: StateDict;
}

/** A whole weights file in memory. */
export interface WeightsFile extends WeightsContents {
  readonly path: string;
  readonly format: WeightsFormat;
}

/** Reads all tensors, one after the other. */
export async function readAllTensors(tensors: StoredTensors): Promise<Map<string, CpuTensor>> {
  const read = new Map<string, CpuTensor>();
  for (const [name, tensor] of tensors)
    read.set(name, {shape: tensor.shape, data: await tensor.read()});
  return read;
}

/** A file without weights that this project can read. Nothing of it was kept. */
export class WeightsFileError extends defineError(
  FinetuneError,
  'WEIGHTS_UNREADABLE',
  ({path, reason}: {path: string; reason: string}, {remedy}: {remedy: string}) =>
    `${path} cannot be read as weights: ${withRemedy(reason, remedy)}.`,
) {}

/** Adds the path to an error of the file system or the reader. Any other error is a bug. */
export function toWeightsFileError(path: string, error: unknown): unknown {
  if (error instanceof FormatError)
    return new WeightsFileError(
      {path, reason: error.reason, cause: error.cause},
      {remedy: error.remedy},
    );
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (!('syscall' in error) && error.code !== 'ERR_FS_FILE_TOO_LARGE') return error;
  if (error.code === 'ENOENT')
    return new WeightsFileError(
      {path, reason: 'no such file', cause: error},
      {remedy: 'check the path'},
    );
  return new WeightsFileError(
    {path, reason: `an unreadable file (${errorMessage(error)})`, cause: error},
    {remedy: 'check the file and its permissions'},
  );
}
