import {defineError, FinetuneError} from '../../core/errors.js';

/** A directory is not an exported model, or its files have changed since the export. */
export class InvalidModelError extends defineError(
  FinetuneError,
  'INVALID_MODEL',
  (
    _details: {
      /** Path of the exported model, or of the invalid file in it. */
      path: string;
    },
    message: string,
  ) => message,
) {}

export const COPY_AGAIN = 'Copy the whole folder again, or export it again.';
