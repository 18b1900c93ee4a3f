import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {pipeline} from 'node:stream/promises';

/** SHA-256 of a file, in lower-case hex. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, {highWaterMark: 2 ** 20}), hash);
  return hash.digest('hex');
}

/** SHA-256 of the concatenated texts and bytes, in lower-case hex. */
export const sha256 = (...chunks: readonly (string | NodeJS.ArrayBufferView)[]): string =>
  chunks.reduce((hash, chunk) => hash.update(chunk), createHash('sha256')).digest('hex');
