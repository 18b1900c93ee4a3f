import {stat} from 'node:fs/promises';
import {errorMessage} from '../../core/errors.js';
import {sizeFromShape} from '../../core/state-dict.js';
import {formatInteger} from '../../core/text/format-count.js';
import {findWeightsFile} from './find-weights-file.js';
import {readModelConfig} from './model-config.js';
import {FormatError} from './format-error.js';
import {openWeightsFile} from './open-file.js';
import {
  readAllTensors,
  WeightsFileError,
  type OpenWeights,
  type StoredTensor,
  type WeightsFile,
} from './weights-file.js';

export type {OpenWeights, WeightsFile} from './weights-file.js';

/**
 * Opens a weights file of any format, recognized by its content: `.safetensors` (in several files, too), PyTorch's `.pth`, Keras' `.h5`
 * and `.keras`, a tfjs LayersModel, or a folder with one of them. Nothing is decoded before it is asked for.
 * @returns the floating-point tensors by the file's own names
 * @throws WeightsFileError in one sentence, whatever the file holds; so does reading a tensor
 */
export async function openWeights(path: string): Promise<OpenWeights> {
  try {
    const file = (await stat(path)).isDirectory() ? await findWeightsFile(path) : path;
    const opened = await openWeightsFile(file);
    try {
      if (opened.tensors.size === 0)
        throw new FormatError(
          'no tensor of floating-point numbers',
          'give a file with the weights of a network',
        );
      const metadata = {...(await readModelConfig(file)), ...opened.metadata};
      return {
        ...opened,
        path,
        metadata,
        tensors: new Map(
          [...opened.tensors].map(([name, tensor]) => [name, withWeightsFileErrors(path, tensor)]),
        ),
      };
    } catch (error) {
      await opened.close();
      throw error;
    }
  } catch (error) {
    throw toWeightsFileError(path, error);
  }
}

/** Memory for all tensors of a file: a byte of it holds one number at most, unless it was made to ask for memory. */
const MIN_ELEMENT_LIMIT = 2 ** 20;

/** Reads all tensors of a file, for whoever knows that it holds nothing else than what he wants. Either all is read, or nothing kept. */
export async function readWeights(path: string): Promise<WeightsFile> {
  const {format, metadata, tensors, bytes, close} = await openWeights(path);
  try {
    const elements = [...tensors.values()].reduce((sum, {shape}) => sum + sizeFromShape(shape), 0);
    if (elements > Math.max(MIN_ELEMENT_LIMIT, bytes)) {
      throw toWeightsFileError(
        path,
        new FormatError(
          `${formatInteger(elements)} numbers in a file of ${formatInteger(bytes)} bytes`,
        ),
      );
    }
    return {path, format, metadata, tensors: await readAllTensors(tensors)};
  } finally {
    await close();
  }
}

function withWeightsFileErrors(path: string, {shape, read}: StoredTensor): StoredTensor {
  const readWithErrors = (): Promise<Float32Array> =>
    read().catch((error: unknown) => {
      throw toWeightsFileError(path, error);
    });
  return {shape, read: readWithErrors};
}

/** What the file system or the reader says, about this file. Anything else is a bug of ours. */
function toWeightsFileError(path: string, error: unknown): unknown {
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
