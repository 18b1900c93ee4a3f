import {UnsupportedEnvironmentError} from '../core/errors.js';

/** The steps of an installation, in order, and the start of a backend. */
export type BackendStep = 'wait' | 'package' | 'download' | 'unpack' | 'compile' | 'test' | 'load';

/** TensorFlow cannot be had, or does not work, on this machine. Another backend may. */
export class BackendError extends UnsupportedEnvironmentError {
  override readonly name = 'BackendError';
  override readonly code = 'BACKEND_UNAVAILABLE';

  constructor(
    readonly step: BackendStep,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
