import {MachineError} from '../core/errors.js';

/** The steps of an installation, in order, and the start of an engine. */
export type EngineStep = 'wait' | 'package' | 'download' | 'unpack' | 'compile' | 'test' | 'load';

/** TensorFlow cannot be had, or does not work, on this machine. Another engine may. */
export class EngineError extends MachineError {
  override readonly name = 'EngineError';
  override readonly code = 'ENGINE_UNAVAILABLE';

  constructor(
    readonly step: EngineStep,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
