import {open, rename, rm} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {withErrorPath, temporaryPath, removeStaleFiles} from './atomic-write.js';

/**
 * A file of raw bytes, followed by JSON and a footer of 16 bytes: magic, length and checksum of the JSON. A file with another ending is
 * incomplete or damaged. The JSON holds metadata about the bytes, such as their checksum, and the file's name when it was written. The name
 * identifies the source of the data: a renamed file is rejected.
 */
export interface ChecksummedFile {
  readonly metadata: unknown;
  /** @returns undefined if the file is too short or cannot be read */
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

/** The JSON of a file: its metadata and its name when it was written. */
interface Trailer {
  readonly name: string;
  readonly metadata: unknown;
}

/** Bytes of the JSON, or undefined if the footer is not intact. */
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

/** Opens a file. Returns undefined if it is missing, incomplete, or does not hold `byteCount` bytes (if given). */
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
 * Writes a checksummed file next to its path and renames it when it is complete. A failure leaves nothing behind.
 * @param fill writes `byteCount` bytes in pieces, in any order, several concurrently, and returns the metadata
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
