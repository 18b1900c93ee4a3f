import {stat} from 'node:fs/promises';
import {sizeFromShape} from '../../core/state-dict.js';
import {formatInteger} from '../../core/text/format-count.js';
import {findWeightsFile} from './find-weights-file.js';
import {readModelConfig} from './model-config.js';
import {FormatError} from './format-error.js';
import {openWeightsFile} from './open-file.js';
import {
  readAllTensors,
  toWeightsFileError,
  type OpenWeights,
  type StoredTensor,
  type WeightsFile,
} from './weights-file.js';

export type {OpenWeights, WeightsFile} from './weights-file.js';

/**
 * Opens a weights file of any format, detected from its content: `.safetensors` (also sharded), PyTorch's `.pth`, Keras' `.h5` and
 * `.keras`, a tfjs LayersModel, or a folder with one of them. Tensors are decoded on demand. The caller closes it.
 * @returns the floating-point tensors by their names in the file
 * @throws WeightsFileError with a one-sentence message for any invalid file; reading a tensor may throw it too
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

/** Minimum of the limit on all elements of a file. One byte holds at most one number, except in files crafted to exhaust memory. */
const MIN_ELEMENT_LIMIT = 2 ** 20;

/** Reads all tensors of a file that is known to hold nothing but the wanted weights. It either reads everything or keeps nothing. */
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
