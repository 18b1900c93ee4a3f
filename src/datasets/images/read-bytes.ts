import * as fs from 'node:fs';
import {promisify} from 'node:util';
import {toSystemPath} from '../../core/files/file-names.js';
import {ImageError} from './image-error.js';

// Creating a `FileHandle` of node:fs/promises takes longer than reading a small file, which matters for 100,000 files.
const [open, fstat, read, close] = [
  promisify(fs.open),
  promisify(fs.fstat),
  promisify(fs.read),
  promisify(fs.close),
];

/** Maximum file size. Several files are in memory at the same time, and no camera image is as large. */
const MAX_MIB = 512;

/** Opens a file without blocking. A pipe would block until it has a writer. Windows has neither such files nor such a flag. */
const openWithoutBlocking = (path: string): Promise<number> =>
  open(toSystemPath(path), fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));

/** Reads the first bytes: as many as fit in the buffer, or fewer if the file is shorter. */
async function fill(file: number, buffer: Buffer): Promise<Buffer> {
  let length = 0;
  for (let bytesRead = 1; bytesRead > 0 && length < buffer.length; length += bytesRead) {
    bytesRead = (await read(file, buffer, length, buffer.length - length, length)).bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Reads up to `length` bytes from the start of a file. */
export async function readHead(path: string, length: number): Promise<Buffer> {
  const file = await openWithoutBlocking(path);
  try {
    return await fill(file, Buffer.alloc(length));
  } finally {
    await close(file);
  }
}

/**
 * Reads a file, with the size that it had when it was opened.
 *
 * @throws ImageError for a file that is too large or not regular (it may have been when the folder was listed)
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
