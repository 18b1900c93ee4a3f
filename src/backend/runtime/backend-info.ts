import type {DeviceOption, Gpu} from './device.js';
import type {InstallProgress} from '../install/install-progress.js';

export type BackendName = 'tensorflow' | 'wasm';

/**
 * Events during the start of a backend: progress of an installation, and fallback to a slower device or backend.
 *
 * @example
 * const onEvent = (event: BackendEvent) => {
 *   if (event.type === 'fallback') console.warn(event.reason);
 * };
 * await startBackend({onEvent});
 */
export type BackendEvent =
  | InstallProgress
  | {
      readonly type: 'fallback';
      readonly reason: string;
      /** TensorFlow is not installed, and nothing else is wrong. `installBackend()` installs it for the next process. */
      readonly code?: 'BACKEND_NOT_INSTALLED';
    };

/**
 * Options of `startBackend`.
 *
 * @example
 * const options: BackendOptions = {backend: 'tensorflow', device: 'gpu', install: false};
 * await startBackend(options);
 */
export interface BackendOptions {
  /** `auto`: TensorFlow if it is installed, else the WASM backend. Default: `FINETUNE_BACKEND`, else `auto`. */
  readonly backend?: 'auto' | BackendName | undefined;
  /** `auto`: a GPU if there is one. Default: `FINETUNE_DEVICE`, else `auto`. */
  readonly device?: DeviceOption | undefined;
  /** Whether to avoid the network. Default: `FINETUNE_OFFLINE`, else false. */
  readonly offline?: boolean | undefined;
  /** Whether to install TensorFlow if it is missing: 274 MB to download, 0.6 GB on disk. Default: false; see `installBackend`. */
  readonly install?: boolean | undefined;
  /** Threads within one operation. Default: one per core. */
  readonly threads?: number | undefined;
  readonly onEvent?: ((event: BackendEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The running backend.
 *
 * @example
 * const {tensorflowVersion, devices}: BackendInfo = await startBackend();
 */
export interface BackendInfo {
  readonly backend: BackendName;
  readonly tensorflowVersion?: string;
  readonly tfjsVersion: string;
  /** `pip`, a wheel or directory, `stock` (tfjs-node-gpu's own addon) or `package` (the WASM backend, a dependency of this package). */
  readonly from: string;
  readonly directory?: string;
  /** Device that computes. */
  readonly device: 'cpu' | 'gpu';
  /** Available devices, as text. */
  readonly devices: readonly string[];
  /** The GPU in use, if known. */
  readonly gpu?: Gpu;
  readonly threads: number;
  /** Whether oneDNN's kernels are used; null on a backend without them. */
  readonly oneDnn: boolean | null;
  readonly nodeVersion: string;
  /** Why a slower option runs, and what to do: the WASM backend, or the CPU despite a GPU. A message for users. */
  readonly fallbackReason?: string;
}
