import type {FileHandle} from 'node:fs/promises';
import {counted, Malformed} from './malformed.js';

/** Bytes of a file from a position. @throws Malformed where the file ends before */
export async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const {bytesRead} = await file.read(bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (bytesRead === 0) throw new Malformed(`the end of the file where ${counted(length - done)} bytes were to follow`);
    done += bytesRead;
  }
  return bytes;
}
