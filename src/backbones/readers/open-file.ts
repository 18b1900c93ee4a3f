import {open, stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {Malformed} from './malformed.js';
import {signatureOf, type Opened, type Signature} from './signatures.js';

const HEAD_BYTES = 64;

/** Opens a file of any format, recognized by its content. @throws Malformed for what is no weights file */
export const openFile = async (path: string): Promise<Opened> => (await signatureAt(path)).open(path);

/** Opens a file that an index names. @throws Malformed for another index, which might name the first */
export async function openShard(path: string): Promise<Opened> {
  const signature = await signatureAt(path);
  if (signature.isIndex === true) throw new Malformed(`a shard ${basename(path)} that is no file of weights`);
  return signature.open(path);
}

async function signatureAt(path: string): Promise<Signature> {
  const found = await stat(path);
  if (!found.isFile()) throw new Malformed('what is neither a file nor a folder', 'give the file or the folder that holds the weights');
  return signatureOf(await readHead(path));
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
