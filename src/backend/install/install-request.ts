import {
  ABORT_SIGNAL,
  BOOLEAN,
  CALLBACK,
  checkOptions,
  OBJECT,
  PATH,
  type OptionKinds,
} from '../../core/arguments.js';
import {cacheDirectory} from '../../core/files/cache-directory.js';
import {BackendError} from '../backend-error.js';
import type {InstalledBackend} from './backend-directory.js';
import {listGpus} from '../runtime/device.js';
import type {InstallRequest} from './build-backend.js';
import type {InstallListener} from './install-progress.js';
import {findTfjsPackage} from './tfjs-package.js';
import {fingerprintSource, inspectSource} from './wheels/wheel-source.js';

/**
 * Options of `installBackend`.
 *
 * @example
 * const options: InstallOptions = {from: './wheels', gpu: false};
 * await installBackend(options);
 */
export interface InstallOptions {
  /** A wheel, a directory of wheels, or an unpacked wheel. Default: pip downloads the wheels. */
  readonly from?: string | undefined;
  /** Whether to install the CUDA libraries. Default: true if an NVIDIA GPU is found. */
  readonly gpu?: boolean | undefined;
  /** Whether to avoid the network: only for `from`, or for what is installed already. Default: `FINETUNE_OFFLINE`, else false. */
  readonly offline?: boolean | undefined;
  readonly onProgress?: InstallListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Directory to install into. Default: `FINETUNE_CACHE`, else the user's cache directory. */
  readonly cache?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

const OPTIONS: OptionKinds<InstallOptions> = {
  ...{from: PATH, gpu: BOOLEAN, offline: BOOLEAN, onProgress: CALLBACK},
  ...{signal: ABORT_SIGNAL, cache: PATH, environment: OBJECT},
};

/** @throws ArgumentError */
export const checkInstallOptions = (options: unknown): void =>
  checkOptions('installBackend()', options, OPTIONS);

/** Resolves every option. @throws UsageError for a wrong `from` */
export async function resolveInstallRequest({
  from,
  gpu,
  onProgress,
  signal,
  cache,
  environment = process.env,
}: InstallOptions): Promise<InstallRequest> {
  const source = from === undefined ? undefined : await inspectSource(from);
  return {
    from: from ?? 'pip',
    source,
    fingerprint: source === undefined ? '' : fingerprintSource(source),
    gpu: gpu ?? (await listGpus(environment)).length > 0,
    onProgress,
    signal,
    cache: cache ?? cacheDirectory(environment),
    environment,
  };
}

/** @throws BackendError for an installation that would use the network */
export function requireNoDownload(
  {source, cache}: InstallRequest,
  existing: InstalledBackend | undefined,
): void {
  const missing = [
    ...(source === undefined && existing === undefined ? ['TensorFlow'] : []),
    ...(findTfjsPackage(cache) === undefined ? ['@tensorflow/tfjs-node-gpu'] : []),
  ];
  if (missing.length > 0)
    throw new BackendError(
      {step: 'download'},
      `Installing downloads ${missing.join(' and ')}, which is forbidden offline. Install once with a connection (FINETUNE_OFFLINE unset), or copy ${cache} from a machine like this one.`,
    );
}
