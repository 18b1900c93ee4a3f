import {errorMessage} from '../../core/errors.js';

/** Thrown if an image cannot be read. The message is the reason, as a clause. */
export class ImageError extends Error {}

/**
 * The reason why an image could not be read, as a clause. Only messages of sharp, Node and this project are passed on. The text of libvips
 * is not: all its threads share one error text, which may be about another image.
 */
export function describeDecodeError(error: unknown): string {
  if (error instanceof ImageError) return error.message;
  if (errorMessage(error) === 'Input image exceeds pixel limit')
    return 'it has more than 268 million pixels';
  const {code} = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return 'it is a folder';
  return code === undefined ? 'it is damaged or cut off' : `it cannot be opened (${code})`;
}
