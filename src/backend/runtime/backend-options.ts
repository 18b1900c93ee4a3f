import {
  CALLBACK,
  checkOptions,
  BOOLEAN,
  ABORT_SIGNAL,
  integerFrom,
  type ArgumentKind,
} from '../../core/arguments.js';
import {isOffline, readVariable} from '../../core/environment-variables.js';
import type {DeviceOption} from './device.js';
import type {BackendOptions} from './backend-info.js';

/** Backend options with every default resolved. */
export interface ResolvedBackendOptions extends BackendOptions {
  readonly backend: NonNullable<BackendOptions['backend']>;
  readonly device: DeviceOption;
  readonly offline: boolean;
  readonly install: boolean;
}

const BACKENDS = ['auto', 'tensorflow', 'wasm'];

export const BACKEND_KIND: ArgumentKind = {
  expected: 'auto, tensorflow or wasm',
  accepts: value => BACKENDS.includes(value as string),
};
export const DEVICE_KIND: ArgumentKind = {
  expected: 'auto, cpu, gpu or gpu:0, gpu:1 ...',
  accepts: value => typeof value === 'string' && /^(auto|cpu|gpu(:\d+)?)$/.test(value),
};

/** @throws ArgumentError */
export const checkBackendOptions = (call: string, options: unknown): void =>
  checkOptions<BackendOptions>(
    call,
    options,
    {
      ...{backend: BACKEND_KIND, device: DEVICE_KIND, offline: BOOLEAN, install: BOOLEAN},
      ...{threads: integerFrom(1), onEvent: CALLBACK, signal: ABORT_SIGNAL},
    },
    'options',
  );

/**
 * Resolves backend options: first the given ones, then `FINETUNE_BACKEND`, `FINETUNE_DEVICE` and `FINETUNE_OFFLINE`, then the defaults.
 * @throws UsageError for an invalid variable
 */
export function resolveBackendOptions(
  options: BackendOptions,
  environment: NodeJS.ProcessEnv = process.env,
): ResolvedBackendOptions {
  return {
    ...options,
    backend:
      options.backend ??
      (readVariable('FINETUNE_BACKEND', BACKEND_KIND, environment) as
        ResolvedBackendOptions['backend'] | undefined) ??
      'auto',
    device:
      options.device ??
      (readVariable('FINETUNE_DEVICE', DEVICE_KIND, environment) as DeviceOption | undefined) ??
      'auto',
    offline: isOffline(options.offline, environment),
    install: options.install ?? false,
  };
}
