import {defineError, UnsupportedEnvironmentError} from '../core/errors.js';

/** Steps of an installation, `plan` before the first download, then the start of a backend. */
export type BackendStep =
  'plan' | 'wait' | 'package' | 'download' | 'unpack' | 'compile' | 'test' | 'load';

/** TensorFlow is not available, or does not work, on this machine. Another backend may work. */
export class BackendError extends defineError(
  UnsupportedEnvironmentError,
  'BACKEND_UNAVAILABLE',
  (_details: {step: BackendStep}, message: string) => message,
) {}

/** TensorFlow is not installed, and nothing is installed unasked. */
export class BackendNotInstalledError extends defineError(
  UnsupportedEnvironmentError,
  'BACKEND_NOT_INSTALLED',
  (_details: object, {problem}: {problem: string}) =>
    `TensorFlow is not installed${problem}. Install it once: await installBackend() downloads 274 MB. Or let WebAssembly compute: {backend: 'wasm'}.`,
) {}
