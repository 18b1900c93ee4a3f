import {FinetuneError} from '../core/errors.js';

/** A directory that is no bundle, or not the one that was exported any more. */
export class BundleError extends FinetuneError {
  override readonly name = 'BundleError';
  override readonly code = 'BUNDLE_UNUSABLE';

  /** @param path of the bundle, or of the file in it that is wrong */
  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const COPY_AGAIN = 'Copy the whole folder again, or export it again.';
