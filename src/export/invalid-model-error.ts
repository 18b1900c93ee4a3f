import {FinetuneError} from '../core/errors.js';

/** A directory that is no exported model, or not the one that was exported any more. */
export class InvalidModelError extends FinetuneError {
  override readonly name = 'InvalidModelError';
  override readonly code = 'INVALID_MODEL';

  /** @param path of the exported model, or of the file in it that is wrong */
  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const COPY_AGAIN = 'Copy the whole folder again, or export it again.';
