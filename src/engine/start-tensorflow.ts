import {availableParallelism} from 'node:os';
import {cacheDirectory} from '../core/cache-directory.js';
import {tensorFlowBackend} from './binding.js';
import {describeDevices, GpuError, listGpus, visibleGpu, type Gpu} from './device.js';
import type {InstalledEngine} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import type {EngineInfo, EngineWish} from './engine-info.js';
import {prepareEnvironment} from './environment.js';
import {missingGpuLibrary} from './gpu-libraries.js';
import {installedEngine, installForRun, loadInstalled} from './installed-engine.js';
import {loadStock} from './load-tensorflow.js';
import {tf} from './tensorflow.js';
import {findTfjsPackage} from './tfjs-package.js';

/**
 * Starts TensorFlow: an installed engine, else tfjs-node-gpu's stock addon where it loads, else one that is installed now.
 * @throws EngineError where there is none to be had; GpuError where a GPU is demanded and cannot be used; AbortedError
 */
export async function startTensorFlow(wish: EngineWish): Promise<EngineInfo> {
  const gpus = wish.device === 'cpu' ? [] : await listGpus();
  const visible = visibleGpu(wish.device, gpus, process.env.CUDA_VISIBLE_DEVICES);
  prepareEnvironment(wish, visible);
  const engine = await load(wish, visible !== undefined);
  if (tf.getBackend() !== 'tensorflow')
    throw new EngineError('load', `Expected tfjs to run on TensorFlow, but found it on ${tf.getBackend()}.`);
  if (wish.device.startsWith('gpu') && !tensorFlowBackend().isUsingGpuDevice) throw await unusable(wish, engine);
  return describe(engine, gpus);
}

/** @returns undefined for the stock addon */
async function load(wish: EngineWish, gpu: boolean): Promise<InstalledEngine | undefined> {
  const cache = cacheDirectory();
  const installed = installedEngine(cache, gpu);
  if (installed === undefined && loadStock(findTfjsPackage(cache))) return undefined;
  const engine = installed ?? (await installForRun(wish, cache, gpu));
  await loadInstalled(engine, wish, cache);
  return engine;
}

async function unusable({device}: EngineWish, engine: InstalledEngine | undefined): Promise<GpuError> {
  const missing = await missingGpuLibrary(engine?.directory);
  const found = missing ?? 'that it started without one, though every CUDA library loads (is the driver too old?)';
  return new GpuError(
    `Expected TensorFlow to use the GPU for --device ${device}, but found: ${found}. Install what is missing, or use --device cpu.`,
  );
}

function describe(engine: InstalledEngine | undefined, gpus: readonly Gpu[]): EngineInfo {
  const {binding, isUsingGpuDevice} = tensorFlowBackend();
  return {
    engine: 'tensorflow',
    tensorflowVersion: binding.TF_Version,
    tfjsVersion: tf.version.tfjs,
    from: engine?.from ?? 'stock',
    ...(engine && {directory: engine.directory}),
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
    devices: describeDevices(gpus),
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism(),
    oneDnn: process.env.TF_ENABLE_ONEDNN_OPTS !== '0',
    nodeVersion: process.version,
  };
}
