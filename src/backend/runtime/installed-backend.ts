import {errorMessage} from '../../core/errors.js';
import type {DeviceOption} from './device.js';
import {
  addonPath,
  backendsDirectory,
  listInstalledBackends,
  type InstalledBackend,
} from '../install/backend-directory.js';
import {BackendError, BackendNotInstalledError} from '../backend-error.js';
import {assertTrustedBackend, findDamage} from '../install/backend-files.js';
import type {ResolvedBackendOptions} from './backend-options.js';
import {setCudaToolsPath, TENSORFLOW_VARIABLES} from './environment.js';
import {silenceStderr, shareEnvironment, blockSignals} from './native-guard.js';
import {assertMayWork} from '../install/failed-install.js';
import {ensureTfjsPackage, installBackend} from '../install/install.js';
import {detectPlatform, requireSupportedPlatform} from '../install/machine.js';
import {loadTensorFlow} from './load-tensorflow.js';
import {findTfjsPackage} from '../install/tfjs-package.js';
import {removeMarks, markRunning, findUncleanStarts} from './unclean-start.js';

/** The best installed backend: with CUDA if a GPU is used, without it otherwise; the other kind if a GPU is not required. */
function selectInstalledBackend(
  cache: string,
  gpu: boolean,
  device: DeviceOption,
): InstalledBackend | undefined {
  const backends = listInstalledBackends(cache);
  return (
    backends.find(backend => backend.gpu === gpu) ??
    (device.startsWith('gpu') ? undefined : backends[0])
  );
}

/**
 * Selects and checks the installed backend: by sizes and times, or in full if an earlier process crashed. A damaged one from pip is
 * reported, so that the caller installs it again, unless installing or the network is disabled.
 * @throws BackendError for any other damaged backend; UntrustedCacheError if another user could have changed it
 */
export async function findInstalledBackend(
  backendOptions: ResolvedBackendOptions,
  cache: string,
  gpu: boolean,
): Promise<InstalledBackend | undefined> {
  const backend = selectInstalledBackend(cache, gpu, backendOptions.device);
  if (backend === undefined) return undefined;
  assertTrustedBackend(cache, backend);
  const uncleanMarks = await findUncleanStarts(backend.directory);
  const damage = await findDamage(backend, uncleanMarks.length > 0);
  await removeMarks(uncleanMarks);
  if (damage === undefined) return backend;
  if (backendOptions.offline || !backendOptions.install || backend.fingerprint !== '')
    throw damagedError(backend, damage);
  backendOptions.onEvent?.({
    type: 'fallback',
    reason: `TensorFlow in ${backend.directory} is damaged: ${damage}. It is installed again.`,
  });
  return undefined;
}

function damagedError(
  {directory, from, fingerprint}: InstalledBackend,
  damage: string,
  options?: ErrorOptions,
): BackendError {
  const command =
    fingerprint === '' ? 'finetune backend install' : `finetune backend install --from ${from}`;
  return new BackendError(
    {step: 'load', ...options},
    `TensorFlow in ${directory} is damaged: ${damage}. Install it again: ${command}.`,
  );
}

/**
 * Installs a backend on first use. If a GPU is optional and the CUDA build fails, the build without CUDA is installed.
 * @throws BackendError if no backend can be installed, or installing or the network is disabled
 */
export async function installBackendForRun(
  {device, offline, install: isInstallAllowed, onEvent, signal}: ResolvedBackendOptions,
  cache: string,
  gpu: boolean,
): Promise<InstalledBackend> {
  if (!isInstallAllowed) {
    requireSupportedPlatform(detectPlatform());
    throw new BackendNotInstalledError({}, {problem: ''});
  }
  if (offline) {
    throw new BackendError(
      {step: 'download'},
      `TensorFlow is not installed in ${backendsDirectory(cache)}, and --offline forbids its download. Run finetune backend install once with a connection, or with --from FILE.`,
    );
  }
  const install = async (cuda: boolean) => {
    assertMayWork(cache, cuda);
    return installBackend({gpu: cuda, offline, onProgress: onEvent, signal, cache});
  };
  try {
    return await install(gpu);
  } catch (error) {
    if (!gpu || device !== 'auto' || !(error instanceof BackendError)) throw error;
    onEvent?.({
      type: 'fallback',
      reason: `TensorFlow for the GPU is not available, so training continues on the CPU. ${error.message}`,
    });
    return install(false);
  }
}

/** Loads TensorFlow through an installed backend. @throws BackendError if it does not load */
export async function loadInstalledBackend(
  backend: InstalledBackend,
  {offline, install, onEvent, signal}: ResolvedBackendOptions,
  cache: string,
): Promise<void> {
  const found = findTfjsPackage(cache);
  if (found === undefined && !install) throw new BackendNotInstalledError({}, {problem: ''});
  if (found === undefined && offline) {
    throw new BackendError(
      {step: 'package'},
      '@tensorflow/tfjs-node-gpu is not installed, and --offline forbids its download. Run finetune backend install once with a connection.',
    );
  }
  const tfjsPackage = found ?? (await ensureTfjsPackage({onProgress: onEvent, signal, cache}));
  setCudaToolsPath(backend.directory);
  await markRunning(backend.directory);
  try {
    blockSignals(backend.directory);
    shareEnvironment(backend.directory, TENSORFLOW_VARIABLES);
    silenceStderr(backend.directory, () =>
      loadTensorFlow(tfjsPackage, addonPath(backend.directory)),
    );
  } catch (cause) {
    const damage = await findDamage(backend, true);
    if (damage !== undefined) throw damagedError(backend, damage, {cause});
    throw new BackendError(
      {step: 'load', cause},
      `The TensorFlow in ${backend.directory} cannot be loaded: ${errorMessage(cause)}. Remove that folder and run finetune backend install.`,
    );
  }
}
