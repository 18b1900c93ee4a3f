import {join} from 'node:path';
import {assertTrusted, makePrivate} from '../../core/files/cache-directory.js';
import {errorMessage, throwIfAborted} from '../../core/errors.js';
import {isOffline} from '../../core/environment-variables.js';
import {DISK_FULL} from './subprocess.js';
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
import {
  checkInstallOptions,
  requireNoDownload,
  resolveInstallRequest,
  type InstallOptions,
} from './install-request.js';
import {TENSORFLOW_VERSION} from './wheels/pinned-wheels.js';
import {beginStep} from './install-progress.js';
import {findTfjsPackage} from './tfjs-package.js';

/**
 * Downloads TensorFlow, compiles the addon against it, tests both and moves them into the cache. An installed backend is returned as is. It
 * takes a minute or two and 1.2 GB of disk (0.6 GB remain; several times that with CUDA). A failure leaves nothing behind.
 *
 * Nothing else in this library installs anything, unless its option `install` is set. Call it before a backend starts: a process keeps its
 * backend.
 * @throws BackendError (exit 4) if this machine lacks something or is offline; UsageError for a wrong `from`; ArgumentError; AbortedError
 *
 * @example
 * import {installBackend} from 'finetune';
 *
 * const {tensorflow, directory} = await installBackend({
 *   onProgress: ({step, label, bytes}) => bytes === 0 && console.error(step, label),
 * });
 * console.error(`TensorFlow ${tensorflow} is in ${directory}`);
 */
export async function installBackend(options: InstallOptions = {}): Promise<InstalledBackend> {
  checkInstallOptions(options);
  requireSupportedPlatform(detectPlatform());
  const request = await resolveInstallRequest(options);
  return withInstallLock(request, async () => {
    const existing = await findMatchingBackend(request);
    if (isOffline(options.offline, request.environment)) requireNoDownload(request, existing);
    if (existing === undefined) return buildBackend(request);
    // Another package may have installed it, with tfjs-node-gpu among dependencies of its own.
    if (findTfjsPackage(request.cache) === undefined) await fetchTfjsPackage(request);
    return existing;
  });
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
