import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {sha256File} from '../../core/files/sha256.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';

/** Path of the checksum that is kept next to a downloaded file, in the format of `sha256sum`. */
export const pinPath = (path: string): string => `${path}.sha256`;

/** The sha256 that a file had when it was first used, lower-case hex; undefined if none is kept. */
export function readPin(path: string): string | undefined {
  try {
    return /^[0-9a-f]{64}(?=\s)/.exec(readFileSync(pinPath(path), 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}

/** Keeps the sha256 of a file whose publisher gives none, so that later runs accept no other file. Returns it. */
export async function writePin(path: string): Promise<string> {
  const checksum = await sha256File(path);
  await writeFileAtomic(pinPath(path), `${checksum}  ${basename(path)}\n`);
  return checksum;
}
