import {existsSync} from 'node:fs';
import {open, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {messageOf} from '../../core/errors.js';
import {Malformed} from './malformed.js';
import {readKerasH5} from './keras-h5.js';
import {readPyTorch} from './pytorch.js';
import {readSafetensors} from './safetensors.js';
import {readTfjs} from './tfjs.js';
import {WeightsFileError, type Contents, type WeightsFile, type WeightsFormat} from './weights-file.js';

export type {WeightsFile} from './weights-file.js';

interface Recognised {
  readonly format: WeightsFormat;
  readonly read: (path: string) => Promise<Contents>;
}

const SAFETENSORS: Recognised = {format: 'safetensors', read: readSafetensors};
const KERAS_H5: Recognised = {format: 'keras-h5', read: readKerasH5};
const TFJS: Recognised = {format: 'tfjs', read: readTfjs};
const TFJS_FOLDER: Recognised = {format: 'tfjs', read: path => readTfjs(join(path, 'model.json'))};
const TORCH_ZIP: Recognised = {format: 'pytorch', read: path => readPyTorch(path, 'zip')};
const TORCH_LEGACY: Recognised = {format: 'pytorch', read: path => readPyTorch(path, 'legacy')};

/**
 * Reads a weights file of any format, recognised by its content: `.safetensors`, PyTorch's `.pth`, Keras' `.h5`, or a tfjs LayersModel
 * (its folder or its model.json). Either the whole file is read, or nothing is kept.
 * @returns the floating-point tensors as float32, by the file's own names; what wraps a whole network (`module.`) is cut off
 * @throws WeightsFileError in one sentence, whatever the file holds
 */
export async function readWeights(path: string): Promise<WeightsFile> {
  try {
    const {format, read} = await recognise(path);
    const {metadata, tensors} = await read(path);
    if (tensors.size === 0) throw new Malformed('no tensor of floating-point numbers', 'give a file with the weights of a network');
    return {path, format, metadata, tensors: withoutWrapper(tensors)};
  } catch (error) {
    throw asWeightsFileError(path, error);
  }
}

/** What the file system or the reader says, about this file. Anything else is a bug of ours. */
function asWeightsFileError(path: string, error: unknown): unknown {
  if (error instanceof Malformed) return new WeightsFileError(path, error.reason, error.remedy, {cause: error.cause});
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (!('syscall' in error) && error.code !== 'ERR_FS_FILE_TOO_LARGE') return error;
  if (error.code === 'ENOENT') return new WeightsFileError(path, 'no such file', 'check the path', {cause: error});
  return new WeightsFileError(path, `an unreadable file (${messageOf(error)})`, 'check the file and its permissions', {cause: error});
}

async function recognise(path: string): Promise<Recognised> {
  const found = await stat(path);
  if (found.isDirectory()) {
    if (existsSync(join(path, 'model.json'))) return TFJS_FOLDER;
    throw new Malformed('a folder without a model.json', 'give the file or the folder that holds the weights');
  }
  if (!found.isFile()) throw new Malformed('what is neither a file nor a folder', 'give the file or the folder that holds the weights');
  const head = await readHead(path);
  const text = head.toString('latin1');
  if (startsSafetensors(text)) return SAFETENSORS;
  if (text.startsWith('PK\x03\x04')) return TORCH_ZIP;
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return KERAS_H5;
  if (text[0] === '\x80') return TORCH_LEGACY;
  if (/^\s*\{[^\0]*$/.test(text)) return TFJS;
  if (text[8] === '{') return SAFETENSORS; // with a length that the reader refuses
  throw strange(head);
}

/**
 * The header's length as 64 bits, of which MAX_HEADER_BYTES leaves the upper four bytes zero, then the JSON object. Asked for first: the
 * length may begin with any byte, that of a pickle (0x80) among them, while no other format has these zeros.
 */
const startsSafetensors = (head: string): boolean => /^[^]{4}\0{4}\{/.test(head);

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The usual things that are named like weights but are none. */
function strange(head: Buffer): Malformed {
  const text = head.toString('latin1');
  if (head.length === 0) return new Malformed('an empty file');
  if (text.startsWith('version https://git-lfs')) return new Malformed('a Git LFS pointer', 'fetch the file itself with "git lfs pull"');
  if (/^\s*<(!doctype|html)/i.test(text)) return new Malformed('a web page', 'download the file itself');
  const known = 'give a .safetensors, a PyTorch .pth, a Keras .h5 or a tfjs model.json';
  return new Malformed(`a file of no known format (its first bytes are ${head.subarray(0, 8).toString('hex')})`, known);
}

/** DataParallel's, torch.compile's, and the attribute names under which training frameworks keep the network. */
const WRAPPER = /^(?:module|_orig_mod|model|net|backbone)\./;

/** Cuts off what every name begins with, where that is a wrapper's name. Wrappers are wrapped, but not endlessly. */
function withoutWrapper<T>(tensors: ReadonlyMap<string, T>, wrappers = 4): ReadonlyMap<string, T> {
  const wrapper = WRAPPER.exec([...tensors.keys()][0]!)?.[0];
  if (wrapper === undefined || wrappers === 0 || ![...tensors.keys()].every(name => name.startsWith(wrapper))) return tensors;
  return withoutWrapper(new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor])), wrappers - 1);
}
