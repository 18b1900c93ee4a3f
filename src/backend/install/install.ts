import {join} from 'node:path';
import {assertTrusted, cacheDirectory, makePrivate} from '../../core/files/cache-directory.js';
import {errorMessage, throwIfAborted} from '../../core/errors.js';
import {DISK_FULL} from './subprocess.js';
import {listGpus} from '../runtime/device.js';
import {
  backendsDirectory,
  listInstalledBackends,
  removeStaleStaging,
  writeManifest,
  type InstalledBackend,
} from './backend-directory.js';
import {BackendError} from '../backend-error.js';
import {withLock} from '../../core/files/lock.js';
import {findDamage} from './backend-files.js';
import {requireSupportedPlatform, detectPlatform} from './machine.js';
import {fetchTfjsPackage, buildBackend, type InstallRequest} from './build-backend.js';
import {TENSORFLOW_VERSION} from './wheels/pinned-wheels.js';
import {beginStep, type InstallListener} from './install-progress.js';
import {findTfjsPackage} from './tfjs-package.js';
import {fingerprintSource, inspectSource} from './wheels/wheel-source.js';

export interface InstallOptions {
  /** A wheel, a directory of wheels, or an unpacked wheel. Default: pip downloads the wheels. */
  readonly from?: string | undefined;
  /** Whether to install the CUDA libraries. Default: true if an NVIDIA GPU is found. */
  readonly gpu?: boolean | undefined;
  readonly onProgress?: InstallListener | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cache?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/**
 * Downloads TensorFlow, compiles the addon against it, tests both and moves them into the cache. An installed backend is returned as is. It
 * takes a minute or two and 1.2 GB of disk (0.6 GB remain; several times that with CUDA). A failure leaves nothing behind.
 * @throws BackendError (exit 4) if this machine lacks something; UsageError for a wrong `from`; AbortedError
 */
export async function installBackend(options: InstallOptions = {}): Promise<InstalledBackend> {
  requireSupportedPlatform(detectPlatform());
  const request = await resolveInstallRequest(options);
  return withInstallLock(
    request,
    async () => (await findMatchingBackend(request)) ?? buildBackend(request),
  );
}

/** The tfjs-node-gpu package that an installed backend needs, installed with npm if it is missing. @throws BackendError, AbortedError */
export async function ensureTfjsPackage(options: InstallOptions): Promise<string> {
  const request = await resolveInstallRequest({...options, gpu: false});
  const {cache} = request;
  return (
    findTfjsPackage(cache) ??
    withInstallLock(request, async () => findTfjsPackage(cache) ?? fetchTfjsPackage(request))
  );
}

async function resolveInstallRequest({
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

/** An undamaged backend that matches the request. It becomes the most recently requested one. */
async function findMatchingBackend({
  source,
  fingerprint,
  gpu,
  cache,
}: InstallRequest): Promise<InstalledBackend | undefined> {
  const isMatching = (backend: InstalledBackend) =>
    (backend.gpu || !gpu) && backend.tensorflow === TENSORFLOW_VERSION;
  const existing = listInstalledBackends(cache).find(
    backend => backend.fingerprint === fingerprint && (source !== undefined || isMatching(backend)),
  );
  if (existing === undefined || (await findDamage(existing, true)) !== undefined) return undefined;
  const {directory, ...manifest} = existing;
  return writeManifest(directory, {...manifest, installedAt: new Date().toISOString()});
}

/** Converts a system error during the build, with the folder and what to do. */
function toInstallError(error: unknown, cache: string): BackendError | undefined {
  const {code, syscall} = error as NodeJS.ErrnoException;
  const isFull =
    ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? '') ||
    (error instanceof BackendError && DISK_FULL.test(error.message));
  if (isFull) {
    const message = `There is no room left for TensorFlow in ${cache}: an installation takes 1.2 GB on the way, several times that with CUDA. `;
    return new BackendError(
      {step: 'unpack', cause: error},
      `${message}Make room, or set FINETUNE_CACHE to a folder on a larger disk.`,
    );
  }
  if (syscall === undefined) return undefined;
  const message = `TensorFlow cannot be installed in ${cache}: ${errorMessage(error)}. `;
  return new BackendError(
    {step: 'unpack', cause: error},
    `${message}Set FINETUNE_CACHE to a folder that can be written to.`,
  );
}

/** Runs `work` while no other process installs into the same cache. Leftovers of interrupted installations are removed first. */
async function withInstallLock<T>(
  {cache, onProgress, signal}: InstallRequest,
  work: () => Promise<T>,
): Promise<T> {
  const onWait = ({pid}: {pid: number}) =>
    beginStep(onProgress, 'wait', `process ${pid}, which is installing`);
  try {
    makePrivate(backendsDirectory(cache));
    assertTrusted(cache, [backendsDirectory(cache)]);
    return await withLock(
      join(backendsDirectory(cache), '.lock'),
      async () => {
        await removeStaleStaging(cache);
        return work();
      },
      {onWait, signal},
    );
  } catch (error) {
    throwIfAborted(signal);
    throw toInstallError(error, cache) ?? error;
  }
}
