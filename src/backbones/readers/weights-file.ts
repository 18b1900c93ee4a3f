import {FinetuneError} from '../../core/errors.js';
import type {NamedHostTensors} from '../../core/host-tensor.js';

export type WeightsFormat = 'safetensors' | 'pytorch' | 'keras-h5' | 'tfjs';

/** What a reader finds. Floating-point tensors only, as float32; several may be views of one buffer. */
export interface Contents {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: NamedHostTensors;
}

/** Weights as a file names them and lays them out; `toTorchvision` makes one language of all formats. */
export interface WeightsFile extends Contents {
  readonly path: string;
  readonly format: WeightsFormat;
}

/** A file that does not hold weights this project can read. Nothing of it was kept. */
export class WeightsFileError extends FinetuneError {
  override readonly name = 'WeightsFileError';
  override readonly code = 'WEIGHTS_UNREADABLE';

  constructor(
    readonly path: string,
    readonly reason: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(`Expected weights in ${path}, but found ${reason}; ${remedy}.`, options);
  }
}
