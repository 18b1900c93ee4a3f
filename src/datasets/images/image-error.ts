import {errorMessage} from '../../core/errors.js';

/** An error whose message is the reason why an image cannot be read. */
export class ImageError extends Error {}

/**
 * Why an image could not be read, as a clause. libvips keeps one text for all its threads, so what it says may be about another image:
 * only what sharp, Node and this project say is passed on.
 */
export function describeDecodeError(error: unknown): string {
  if (error instanceof ImageError) return error.message;
  if (errorMessage(error) === 'Input image exceeds pixel limit')
    return 'it has more than 268 million pixels';
  const {code} = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return 'it is a folder';
  return code === undefined ? 'it is damaged or cut off' : `it cannot be opened (${code})`;
}
