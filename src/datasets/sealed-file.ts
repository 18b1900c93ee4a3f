import {open, rename, rm} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {aboutPath, besideOf, sweep} from '../core/write-file.js';

/**
 * Bytes to be read by position, then JSON, then 16 bytes: the mark, and the length and the sum of the JSON. A file that ends differently was
 * never finished, or has been damaged since. The JSON holds a value about the bytes, their sum among what it says, and the name that the
 * file was written under, which tells what it was made from: a file that has come to another name is not taken for what is wanted there.
 */
export interface SealedFile {
  readonly about: unknown;
  /** @returns undefined where the file ends before, or cannot be read */
  read(position: number, length: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

const MARK = Buffer.from('FTPIXEL2');
const FOOTER_BYTES = 16;

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafeSlow(length);
  const {bytesRead} = await file.read(buffer, 0, length, position).catch(() => ({bytesRead: 0}));
  return bytesRead === length ? buffer : undefined;
}

/** The JSON value of a file, and for which file it was written. */
interface Sealed {
  readonly name: string;
  readonly about: unknown;
}

/** The bytes of the JSON, where the seal is whole. */
async function readAbout(file: FileHandle, byteCount?: number): Promise<Buffer | undefined> {
  const {size} = await file.stat();
  if (size < (byteCount ?? 0) + FOOTER_BYTES) return undefined;
  const footer = await readAt(file, size - FOOTER_BYTES, FOOTER_BYTES);
  if (footer === undefined || !footer.subarray(0, MARK.length).equals(MARK)) return undefined;
  const start = size - footer.readUInt32LE(8) - FOOTER_BYTES;
  if (start < 0 || start !== (byteCount ?? start)) return undefined;
  const about = await readAt(file, start, footer.readUInt32LE(8));
  return about !== undefined && crc32(about) === footer.readUInt32LE(12) ? about : undefined;
}

/** The file at a path; undefined where there is none, or none that was finished, with so many bytes if told how many. */
export async function openSealedFile(path: string, byteCount?: number): Promise<SealedFile | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  const json = file === undefined ? undefined : await readAbout(file, byteCount).catch(() => undefined);
  const sealed = json && (JSON.parse(json.toString()) as Sealed);
  if (file === undefined || sealed?.name !== basename(path)) {
    await file?.close();
    return undefined;
  }
  return {
    about: sealed.about,
    read: (position, length) => readAt(file, position, length),
    close: () => file.close(),
  };
}

function footerOf(about: Buffer): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  MARK.copy(footer);
  footer.writeUInt32LE(about.length, 8);
  footer.writeUInt32LE(crc32(about), 12);
  return footer;
}

/**
 * Writes a sealed file beside its path and renames it when it is whole; on any failure nothing is left of it.
 *
 * @param fill writes `byteCount` bytes in pieces, in any order, several at a time; what it gives is the JSON value about them
 */
export async function writeSealedFile(
  path: string,
  byteCount: number,
  fill: (write: (bytes: Uint8Array, position: number) => Promise<void>) => Promise<unknown>,
): Promise<void> {
  await sweep(dirname(path));
  const unfinished = besideOf(path);
  const file = await open(unfinished, 'w', 0o600);
  const write = async (bytes: Uint8Array, position: number): Promise<void> => {
    const {bytesWritten} = await file.write(bytes, 0, bytes.length, position);
    if (bytesWritten < bytes.length) await write(bytes.subarray(bytesWritten), position + bytesWritten);
  };
  try {
    const sealed: Sealed = {name: basename(path), about: await fill(write)};
    const about = Buffer.from(JSON.stringify(sealed));
    await write(Buffer.concat([about, footerOf(about)]), byteCount);
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file.close();
    await rm(unfinished, {force: true});
    throw aboutPath(error, path);
  }
}
