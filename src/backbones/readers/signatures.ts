import {readFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {openJsonWeights} from './json-weights.js';
import {openKerasH5} from './keras/keras-h5.js';
import {openZip} from './zip-weights.js';
import {FormatError} from './format-error.js';
import {openPyTorch} from './pytorch/pytorch.js';
import {openSafetensors} from './safetensors.js';
import type {OpenShard, TensorReader, WeightsFormat, WeightsReader} from './weights-file.js';

export interface Signature {
  /** Pattern of a file's first 64 bytes, decoded as latin1. */
  readonly head: RegExp;
  readonly open: (path: string, openShard: OpenShard) => Promise<WeightsReader>;
  /** Whether the file is an index of other weights files. */
  readonly isIndex?: boolean;
}

const withFormat = async (
  format: WeightsFormat,
  opening: Promise<TensorReader>,
): Promise<WeightsReader> => ({...(await opening), format});

/**
 * Signatures, the most reliable first. The header length of safetensors has 64 bits. Its upper four bytes are zero, and it may start with
 * any byte, including a pickle's 0x80; no other format has these zeros. The last signature has a length that the reader rejects.
 */
const SIGNATURES: readonly Signature[] = [
  {
    head: /^\x89HDF\r\n\x1a\n/,
    open: async path => withFormat('keras-h5', openKerasH5(await readFile(path))),
  },
  {head: /^[^]{4}\0{4}\{/, open: path => withFormat('safetensors', openSafetensors(path))},
  {head: /^PK\x03\x04/, open: openZip},
  {head: /^\x80/, open: path => withFormat('pytorch', openPyTorch(path, 'legacy'))},
  {
    head: /^(?:\xef\xbb\xbf)?\s*\{[^\0]*$/,
    open: (path, openShard) => openJsonWeights(path, dirname(path), openShard),
    isIndex: true,
  },
  {head: /^[^]{8}\{/, open: path => withFormat('safetensors', openSafetensors(path))},
];

/** Files that are often mistaken for weights. */
const UNSUPPORTED_FORMATS: readonly (readonly [head: RegExp, found: string, remedy?: string])[] = [
  [/^$/, 'an empty file'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer', 'fetch the file itself with "git lfs pull"'],
  [/^\s*<(!doctype|html|\?xml)/i, 'a web page', 'download the file itself'],
  [/^\x1f\x8b/, 'a gzip archive', 'unpack it, and give the file inside'],
  [
    /^[^]{4,16}(?:pytorch|onnx|tf2onnx|keras2onnx)/i,
    'an ONNX model',
    'give the weights that it was made from',
  ],
  [/^[^]{4}TFL3/, 'a TensorFlow Lite model', 'give the weights that it was made from'],
  [/^GGUF/, 'a GGUF file', 'give the weights that it was made from'],
  [/^\x93NUMPY/, 'one array of NumPy', 'give a file with the weights of a network'],
];

/** @throws FormatError for a file that is not a weights file; the message names common mistakes */
export function matchSignature(head: Buffer): Signature {
  const text = head.toString('latin1');
  const known = SIGNATURES.find(signature => signature.head.test(text));
  if (known !== undefined) return known;
  const unsupported = UNSUPPORTED_FORMATS.find(([pattern]) => pattern.test(text));
  if (unsupported !== undefined) throw new FormatError(unsupported[1], unsupported[2]);
  throw new FormatError(
    `a file of no known format (its first bytes are ${head.subarray(0, 8).toString('hex')})`,
    'give a .safetensors, a PyTorch .pth, a Keras .h5 or a tfjs model.json',
  );
}
