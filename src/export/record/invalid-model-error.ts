import {defineError, FinetuneError} from '../../core/errors.js';

/** A directory that is no exported model, or not the one that was exported any more. */
export class InvalidModelError extends defineError(
  FinetuneError,
  'INVALID_MODEL',
  (
    _details: {
      /** Of the exported model, or of the file in it that is wrong. */
      path: string;
    },
    message: string,
  ) => message,
) {}

export const COPY_AGAIN = 'Copy the whole folder again, or export it again.';
