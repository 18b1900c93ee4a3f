import type {FileHandle} from 'node:fs/promises';
import {formatInteger} from '../../core/text/format-count.js';
import {FormatError} from './format-error.js';

/** Reads bytes from a position of a file. @throws FormatError if the file is too short */
export async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let bytesDone = 0; bytesDone < length;) {
    const {bytesRead} = await file.read(
      bytes,
      bytesDone,
      Math.min(length - bytesDone, 2 ** 30),
      position + bytesDone,
    );
    if (bytesRead === 0)
      throw new FormatError(
        `the end of the file where ${formatInteger(length - bytesDone)} bytes were to follow`,
      );
    bytesDone += bytesRead;
  }
  return bytes;
}
