import {join} from 'node:path';
import {assertTrusted, cacheDirectory, makePrivate} from '../../core/files/cache-directory.js';
import {AbortedError, errorMessage} from '../../core/errors.js';
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
  /** A wheel, a directory of wheels, or an unpacked one; pip is asked where it is not given. */
  readonly from?: string | undefined;
  /** With the CUDA libraries; by default where an NVIDIA GPU is found. */
  readonly gpu?: boolean | undefined;
  readonly onProgress?: InstallListener | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cache?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/**
 * Gets TensorFlow, compiles the addon against it, tests both and moves them into the cache; or returns the backend that is there already.
 * A minute or two and 1.2 GB on the way (0.9 GB stay; several times that with CUDA). A failure leaves nothing behind.
 * @throws BackendError (exit 4) for what this machine lacks; UsageError for a wrong `from`; AbortedError
 */
export async function installBackend(options: InstallOptions = {}): Promise<InstalledBackend> {
  requireSupportedPlatform(detectPlatform());
  const request = await resolveInstallRequest(options);
  return withInstallLock(
    request,
    async () => (await findMatchingBackend(request)) ?? buildBackend(request),
  );
}

/** The tfjs-node-gpu that an installed backend runs under, fetched with npm where it has gone. @throws BackendError, AbortedError */
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

/** A backend like the one ordered, whole, which becomes the one last asked for. */
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

/** What the system refuses while a backend is made, with the folder and what to do. */
function toInstallError(error: unknown, cache: string): BackendError | undefined {
  const {code, syscall} = error as NodeJS.ErrnoException;
  const isFull =
    ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? '') ||
    (error instanceof BackendError && DISK_FULL.test(error.message));
  if (isFull) {
    const message = `There is no room left for TensorFlow in ${cache}: an installation takes 1.2 GB on the way, several times that with CUDA. `;
    return new BackendError(
      'unpack',
      `${message}Make room, or set FINETUNE_CACHE to a folder on a larger disk.`,
      {cause: error},
    );
  }
  if (syscall === undefined) return undefined;
  const message = `TensorFlow cannot be installed in ${cache}: ${errorMessage(error)}. `;
  return new BackendError(
    'unpack',
    `${message}Set FINETUNE_CACHE to a folder that can be written to.`,
    {cause: error},
  );
}

/** Runs `work` while no other process installs into the same cache, and clears away what an interrupted one left there. */
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
    if (signal?.aborted) throw new AbortedError();
    throw toInstallError(error, cache) ?? error;
  }
}
