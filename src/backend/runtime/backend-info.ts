import type {DeviceOption, Gpu} from './device.js';
import type {InstallProgress} from '../install/install-progress.js';

export type BackendName = 'tensorflow' | 'wasm';

/** What the start of a backend says meanwhile: how far an installation is, and that something slower takes the place of what was hoped for. */
export type BackendEvent = InstallProgress | {readonly type: 'fallback'; readonly reason: string};

/**
 * What is asked of a backend.
 *
 * @example
 * const options: BackendOptions = {backend: 'tensorflow', device: 'gpu', install: false};
 * await startBackend(options);
 */
export interface BackendOptions {
  /** `auto`: TensorFlow, else the portable backend. Default: `FINETUNE_BACKEND`, else `auto`. */
  readonly backend?: 'auto' | BackendName | undefined;
  /** Default: `FINETUNE_DEVICE`, else `auto`, a GPU where there is one. */
  readonly device?: DeviceOption | undefined;
  /** Never reach for the network. Default: `FINETUNE_OFFLINE`, else false. */
  readonly offline?: boolean | undefined;
  /** Whether TensorFlow is installed where it is not yet: 274 MB to download, 1.1 GB on disk. Default: true. */
  readonly install?: boolean | undefined;
  /** Threads within one operation; by default one for each core. */
  readonly threads?: number | undefined;
  readonly onEvent?: ((event: BackendEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The backend that runs.
 *
 * @example
 * const {tensorflowVersion, devices}: BackendInfo = await startBackend();
 */
export interface BackendInfo {
  readonly backend: BackendName;
  readonly tensorflowVersion?: string;
  readonly tfjsVersion: string;
  /** `pip`, a wheel or directory, `stock` (tfjs-node-gpu's own addon) or `package` (the portable backend among our dependencies). */
  readonly from: string;
  readonly directory?: string;
  /** What computations run on. */
  readonly device: 'cpu' | 'gpu';
  /** What they could run on here, for people. */
  readonly devices: readonly string[];
  /** The one in use, where it is known which of them that is. */
  readonly gpu?: Gpu;
  readonly threads: number;
  /** Whether oneDNN's kernels are in use; null where there are none. */
  readonly oneDnn: boolean | null;
  readonly nodeVersion: string;
  /** Why something slower runs than was hoped for: the portable backend, or the CPU next to a GPU. For people, with what to do. */
  readonly fallbackReason?: string;
}
