import {stat} from 'node:fs/promises';
import {messageOf} from '../../core/errors.js';
import {sizeOf} from '../../core/host-tensor.js';
import {fileInFolder} from './folders.js';
import {describedBeside} from './model-config.js';
import {counted, Malformed} from './malformed.js';
import {openFile} from './open-file.js';
import {readAll, WeightsFileError, type OpenWeights, type StoredTensor, type WeightsFile} from './weights-file.js';

export type {OpenWeights, WeightsFile} from './weights-file.js';

/**
 * Opens a weights file of any format, recognized by its content: `.safetensors` (in several files, too), PyTorch's `.pth`, Keras' `.h5`
 * and `.keras`, a tfjs LayersModel, or a folder with one of them. Nothing is decoded before it is asked for.
 * @returns the floating-point tensors by the file's own names
 * @throws WeightsFileError in one sentence, whatever the file holds; so does reading a tensor
 */
export async function openWeights(path: string): Promise<OpenWeights> {
  try {
    const file = (await stat(path)).isDirectory() ? await fileInFolder(path) : path;
    const opened = await openFile(file);
    try {
      if (opened.tensors.size === 0)
        throw new Malformed('no tensor of floating-point numbers', 'give a file with the weights of a network');
      const metadata = {...(await describedBeside(file)), ...opened.metadata};
      return {...opened, path, metadata, tensors: new Map([...opened.tensors].map(([name, tensor]) => [name, guarded(path, tensor)]))};
    } catch (error) {
      await opened.close();
      throw error;
    }
  } catch (error) {
    throw asWeightsFileError(path, error);
  }
}

/** Memory for all tensors of a file: a byte of it holds one number at most, unless it was made to ask for memory. */
const MIN_LIMIT = 2 ** 20;

/** Reads all tensors of a file, for whoever knows that it holds nothing else than what he wants. Either all is read, or nothing kept. */
export async function readWeights(path: string): Promise<WeightsFile> {
  const {format, metadata, tensors, bytes, close} = await openWeights(path);
  try {
    const elements = [...tensors.values()].reduce((sum, {shape}) => sum + sizeOf(shape), 0);
    if (elements > Math.max(MIN_LIMIT, bytes)) {
      throw asWeightsFileError(path, new Malformed(`${counted(elements)} numbers in a file of ${counted(bytes)} bytes`));
    }
    return {path, format, metadata, tensors: await readAll(tensors)};
  } finally {
    await close();
  }
}

function guarded(path: string, {shape, read}: StoredTensor): StoredTensor {
  const guardedRead = (): Promise<Float32Array> =>
    read().catch((error: unknown) => {
      throw asWeightsFileError(path, error);
    });
  return {shape, read: guardedRead};
}

/** What the file system or the reader says, about this file. Anything else is a bug of ours. */
function asWeightsFileError(path: string, error: unknown): unknown {
  if (error instanceof Malformed) return new WeightsFileError(path, error.reason, error.remedy, {cause: error.cause});
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (!('syscall' in error) && error.code !== 'ERR_FS_FILE_TOO_LARGE') return error;
  if (error.code === 'ENOENT') return new WeightsFileError(path, 'no such file', 'check the path', {cause: error});
  return new WeightsFileError(path, `an unreadable file (${messageOf(error)})`, 'check the file and its permissions', {cause: error});
}
