import {buffer} from 'node:stream/consumers';
import {UsageError} from '../core/errors.js';

/** In the place of an image. */
export const STANDARD_INPUT = '-';

/** The bytes of an image that another program pipes in. @throws UsageError (exit 2) where nobody does */
export async function readStandardInput(): Promise<Uint8Array> {
  const image = process.stdin.isTTY ? Buffer.alloc(0) : await buffer(process.stdin);
  if (image.length > 0) return image;
  throw new UsageError(
    'Expected an image on standard input for -, but found nothing. Say finetune predict MODEL - < image.jpg.',
  );
}
