import {open, stat} from 'node:fs/promises';
import {Malformed} from './malformed.js';
import {signatureOf, type Opened} from './signatures.js';

const HEAD_BYTES = 64;

/** Opens a file of any format, recognized by its content. @throws Malformed for what is no weights file */
export async function openFile(path: string): Promise<Opened> {
  const found = await stat(path);
  if (!found.isFile()) throw new Malformed('what is neither a file nor a folder', 'give the file or the folder that holds the weights');
  return signatureOf(await readHead(path)).open(path);
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
