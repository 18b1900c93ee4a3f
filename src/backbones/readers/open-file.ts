import {open, stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {FormatError} from './format-error.js';
import {matchSignature, type Signature} from './signatures.js';
import type {WeightsReader} from './weights-file.js';

const HEAD_BYTES = 64;

/** Opens a file of any format, detected from its content. @throws FormatError for a file that is not a weights file */
export const openWeightsFile = async (path: string): Promise<WeightsReader> =>
  (await detectSignature(path)).open(path, openShard);

/** Opens a file listed in an index. @throws FormatError for another index, which might refer back to the first */
async function openShard(path: string): Promise<WeightsReader> {
  const signature = await detectSignature(path);
  if (signature.isIndex === true)
    throw new FormatError(`a shard ${basename(path)} that is no file of weights`);
  return signature.open(path, openShard);
}

async function detectSignature(path: string): Promise<Signature> {
  const stats = await stat(path);
  if (!stats.isFile())
    throw new FormatError(
      'what is neither a file nor a folder',
      'give the file or the folder that holds the weights',
    );
  return matchSignature(await readFileHead(path));
}

async function readFileHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
