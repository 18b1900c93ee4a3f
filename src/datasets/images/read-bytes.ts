import * as fs from 'node:fs';
import {promisify} from 'node:util';
import {toSystemPath} from '../../core/files/file-names.js';
import {ImageError} from './image-error.js';

// A `FileHandle` of node:fs/promises takes longer to make than a small file takes to read, which counts where 100,000 of them are.
const [open, fstat, read, close] = [
  promisify(fs.open),
  promisify(fs.fstat),
  promisify(fs.read),
  promisify(fs.close),
];

/** Several files are in memory at a time, and no image of a camera is as large. */
const MAX_MIB = 512;

/** Opens a file without ever waiting: a pipe would, for somebody to write. Windows has no such files, and no such flag. */
const openWithoutBlocking = (path: string): Promise<number> =>
  open(toSystemPath(path), fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));

/** As many of the first bytes as the buffer holds, or as there are. */
async function fill(file: number, buffer: Buffer): Promise<Buffer> {
  let length = 0;
  for (let bytesRead = 1; bytesRead > 0 && length < buffer.length; length += bytesRead) {
    bytesRead = (await read(file, buffer, length, buffer.length - length, length)).bytesRead;
  }
  return buffer.subarray(0, length);
}

/** The first bytes of a file, as many as there are. */
export async function readHead(path: string, length: number): Promise<Buffer> {
  const file = await openWithoutBlocking(path);
  try {
    return await fill(file, Buffer.alloc(length));
  } finally {
    await close(file);
  }
}

/**
 * A file's bytes, as many as it had when it was opened.
 *
 * @throws ImageError for what is no regular file (it may have been one when the folder was listed) and for huge ones
 */
export async function readBytes(path: string): Promise<Buffer> {
  const file = await openWithoutBlocking(path);
  try {
    const stats = await fstat(file);
    if (!stats.isFile())
      throw new ImageError(
        stats.isDirectory() ? 'it is a folder' : 'it is neither a file nor a folder',
      );
    if (stats.size > MAX_MIB * 2 ** 20) throw new ImageError(`it is larger than ${MAX_MIB} MiB`);
    return await fill(file, Buffer.allocUnsafeSlow(stats.size));
  } finally {
    await close(file);
  }
}
