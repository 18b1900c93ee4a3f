import {open, rename, rm} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {withErrorPath, temporaryPath, removeStaleFiles} from './atomic-write.js';

/**
 * Bytes to be read by position, then JSON, then 16 bytes: the mark, and the length and the sum of the JSON. A file that ends differently was
 * never finished, or has been damaged since. The JSON holds a value about the bytes, their sum among what it says, and the name that the
 * file was written under, which tells what it was made from: a file that has come to another name is not taken for what is wanted there.
 */
export interface ChecksummedFile {
  readonly metadata: unknown;
  /** @returns undefined where the file ends before, or cannot be read */
  read(position: number, length: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

const MAGIC = Buffer.from('FTPIXEL3');
const FOOTER_BYTES = 16;

async function readAt(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafeSlow(length);
  const {bytesRead} = await file.read(buffer, 0, length, position).catch(() => ({bytesRead: 0}));
  return bytesRead === length ? buffer : undefined;
}

/** The JSON value of a file, and for which file it was written. */
interface Trailer {
  readonly name: string;
  readonly metadata: unknown;
}

/** The bytes of the JSON, where the seal is whole. */
async function readTrailer(file: FileHandle, byteCount?: number): Promise<Buffer | undefined> {
  const {size} = await file.stat();
  if (size < (byteCount ?? 0) + FOOTER_BYTES) return undefined;
  const footer = await readAt(file, size - FOOTER_BYTES, FOOTER_BYTES);
  if (footer === undefined || !footer.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const start = size - footer.readUInt32LE(8) - FOOTER_BYTES;
  if (start < 0 || start !== (byteCount ?? start)) return undefined;
  const metadata = await readAt(file, start, footer.readUInt32LE(8));
  return metadata !== undefined && crc32(metadata) === footer.readUInt32LE(12)
    ? metadata
    : undefined;
}

/** The file at a path; undefined where there is none, or none that was finished, with so many bytes if given how many. */
export async function openChecksummedFile(
  path: string,
  byteCount?: number,
): Promise<ChecksummedFile | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  const json =
    file === undefined ? undefined : await readTrailer(file, byteCount).catch(() => undefined);
  const trailer = json && (JSON.parse(json.toString()) as Trailer);
  if (file === undefined || trailer?.name !== basename(path)) {
    await file?.close();
    return undefined;
  }
  return {
    metadata: trailer.metadata,
    read: (position, length) => readAt(file, position, length),
    close: () => file.close(),
  };
}

function buildFooter(metadata: Buffer): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  MAGIC.copy(footer);
  footer.writeUInt32LE(metadata.length, 8);
  footer.writeUInt32LE(crc32(metadata), 12);
  return footer;
}

/**
 * Writes a sealed file next to its path and renames it when it is whole; on any failure nothing is left of it.
 *
 * @param fill writes `byteCount` bytes in pieces, in any order, several at a time; what it gives is the JSON value about them
 */
export async function writeChecksummedFile(
  path: string,
  byteCount: number,
  fill: (write: (bytes: Uint8Array, position: number) => Promise<void>) => Promise<unknown>,
): Promise<void> {
  await removeStaleFiles(dirname(path));
  const temporary = temporaryPath(path);
  const file = await open(temporary, 'w', 0o600);
  const write = async (bytes: Uint8Array, position: number): Promise<void> => {
    const {bytesWritten} = await file.write(bytes, 0, bytes.length, position);
    if (bytesWritten < bytes.length)
      await write(bytes.subarray(bytesWritten), position + bytesWritten);
  };
  try {
    const trailer: Trailer = {name: basename(path), metadata: await fill(write)};
    const metadata = Buffer.from(JSON.stringify(trailer));
    await write(Buffer.concat([metadata, buildFooter(metadata)]), byteCount);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close();
    await rm(temporary, {force: true});
    throw withErrorPath(error, path);
  }
}
