import {existsSync} from 'node:fs';
import {cacheDirectory, ensureCacheFolder} from '../../core/files/cache-directory.js';
import {usableCores} from '../../core/system-resources.js';
import {nodeKernelBackend} from '../graph/binding.js';
import {
  describeDevices,
  GpuError,
  findVisibleGpu,
  listGpus,
  selectVisibleGpu,
  type Gpu,
} from './device.js';
import {backendsDirectory, type InstalledBackend} from '../install/backend-directory.js';
import {BackendError} from '../backend-error.js';
import type {BackendInfo} from './backend-info.js';
import type {ResolvedBackendOptions} from './backend-options.js';
import {prepareEnvironment} from './environment.js';
import {findMissingGpuLibrary} from './gpu-libraries.js';
import {
  findInstalledBackend,
  installBackendForRun,
  loadInstalledBackend,
} from './installed-backend.js';
import {loadStockAddon} from './load-tensorflow.js';
import {tf} from '../tensorflow.js';
import {findTfjsPackage} from '../install/tfjs-package.js';

/** The user's CUDA_VISIBLE_DEVICES, saved because starting a backend replaces it. */
const USER_VISIBLE_DEVICES = process.env.CUDA_VISIBLE_DEVICES;

/**
 * Starts TensorFlow: an installed backend, else tfjs-node-gpu's stock addon if it loads, else a new installation.
 * @throws BackendError if there is none; GpuError if a required GPU cannot be used; AbortedError
 */
export async function startTensorFlow(options: ResolvedBackendOptions): Promise<BackendInfo> {
  const gpus = options.device === 'cpu' ? [] : await listGpus();
  const visibleDevice = selectVisibleGpu(options.device, gpus, USER_VISIBLE_DEVICES);
  prepareEnvironment(options, visibleDevice);
  const backend = await loadBackend(options, visibleDevice !== undefined);
  if (tf.getBackend() !== 'tensorflow')
    throw new BackendError(
      {step: 'load'},
      `tfjs runs on ${tf.getBackend()} instead of TensorFlow.`,
    );
  const problem =
    visibleDevice === undefined || nodeKernelBackend().isUsingGpuDevice
      ? undefined
      : await describeGpuProblem(backend);
  if (problem === undefined) return describeBackend(backend, gpus, visibleDevice);
  if (options.device !== 'auto') {
    throw new GpuError(
      `TensorFlow cannot use the GPU for --device ${options.device}: ${problem}, or use --device cpu.`,
    );
  }
  const fallbackReason = `The NVIDIA GPU cannot be used, so training continues on the CPU: ${problem}.`;
  options.onEvent?.({type: 'fallback', reason: fallbackReason});
  return {...describeBackend(backend, gpus, undefined), fallbackReason};
}

/** Why TensorFlow runs on the CPU although a GPU is visible to it, and what to do. */
async function describeGpuProblem(backend: InstalledBackend | undefined): Promise<string> {
  if (backend?.gpu === false)
    return 'the installed TensorFlow has no CUDA. Run finetune backend install for one with it';
  const missingLibrary = await findMissingGpuLibrary(backend?.directory);
  return missingLibrary === undefined
    ? 'TensorFlow refuses the GPU. Update the driver'
    : `${missingLibrary}. Install what is missing`;
}

/** @returns undefined for the stock addon */
async function loadBackend(
  options: ResolvedBackendOptions,
  gpu: boolean,
): Promise<InstalledBackend | undefined> {
  const cache = cacheDirectory();
  // A service that installs nothing leaves nothing behind, either.
  if (options.install || existsSync(backendsDirectory(cache))) ensureCacheFolder('engines');
  const installed = await findInstalledBackend(options, cache, gpu);
  if (installed === undefined && loadStockAddon(findTfjsPackage(cache))) return undefined;
  const backend = installed ?? (await installBackendForRun(options, cache, gpu));
  await loadInstalledBackend(backend, options, cache);
  return backend;
}

function describeBackend(
  backend: InstalledBackend | undefined,
  gpus: readonly Gpu[],
  visibleDevice: string | undefined,
): BackendInfo {
  const gpu = visibleDevice === undefined ? undefined : findVisibleGpu(visibleDevice, gpus);
  const {binding, isUsingGpuDevice} = nodeKernelBackend();
  return {
    backend: 'tensorflow',
    tensorflowVersion: binding.TF_Version,
    tfjsVersion: tf.version_core,
    from: backend?.from ?? 'stock',
    ...(backend && {directory: backend.directory}),
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
    devices: describeDevices(gpus),
    ...(gpu && {gpu}),
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || usableCores(),
    oneDnn: process.env.TF_ENABLE_ONEDNN_OPTS !== '0',
    nodeVersion: process.version,
  };
}
