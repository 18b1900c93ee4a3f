import {defineError, UnsupportedEnvironmentError} from '../core/errors.js';

/** The steps of an installation, in order, and the start of a backend. */
export type BackendStep = 'wait' | 'package' | 'download' | 'unpack' | 'compile' | 'test' | 'load';

/** TensorFlow cannot be had, or does not work, on this machine. Another backend may. */
export class BackendError extends defineError(
  UnsupportedEnvironmentError,
  'BACKEND_UNAVAILABLE',
  (_details: {step: BackendStep}, message: string) => message,
) {}
