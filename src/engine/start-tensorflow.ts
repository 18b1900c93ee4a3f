import {dirname} from 'node:path';
import {claimCache} from '../core/cache-directory.js';
import {usableCores} from '../core/resources.js';
import {tensorFlowBackend} from './binding.js';
import {describeDevices, GpuError, gpuShown, listGpus, visibleGpu, type Gpu} from './device.js';
import type {InstalledEngine} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import type {EngineInfo} from './engine-info.js';
import type {EngineRequest} from './engine-request.js';
import {prepareEnvironment} from './environment.js';
import {missingGpuLibrary} from './gpu-libraries.js';
import {installedEngine, installForRun, loadInstalled} from './installed-engine.js';
import {loadStock} from './load-tensorflow.js';
import {tf} from './tensorflow.js';
import {findTfjsPackage} from './tfjs-package.js';

/** Of GPUs, as the user set it; an engine's start replaces it. */
const USER_LIST = process.env.CUDA_VISIBLE_DEVICES;

/**
 * Starts TensorFlow: an installed engine, else tfjs-node-gpu's stock addon where it loads, else one that is installed now.
 * @throws EngineError where there is none to be had; GpuError where a GPU is demanded and cannot be used; AbortedError
 */
export async function startTensorFlow(wish: EngineRequest): Promise<EngineInfo> {
  const gpus = wish.device === 'cpu' ? [] : await listGpus();
  const visible = visibleGpu(wish.device, gpus, USER_LIST);
  prepareEnvironment(wish, visible);
  const engine = await load(wish, visible !== undefined);
  if (tf.getBackend() !== 'tensorflow')
    throw new EngineError('load', `Expected tfjs to run on TensorFlow, but found it on ${tf.getBackend()}.`);
  const trouble = visible === undefined || tensorFlowBackend().isUsingGpuDevice ? undefined : await gpuTrouble(engine);
  if (trouble === undefined) return describe(engine, gpus, visible);
  if (wish.device !== 'auto') {
    throw new GpuError(`Expected TensorFlow to use the GPU for --device ${wish.device}, but found ${trouble}, or use --device cpu.`);
  }
  const fallbackReason = `There is an NVIDIA GPU, but training goes on with the CPU: found ${trouble}.`;
  wish.onEvent?.({type: 'fallback', reason: fallbackReason});
  return {...describe(engine, gpus, undefined), fallbackReason};
}

/** Why TensorFlow runs on the CPU though a GPU was shown to it, and what to do. */
async function gpuTrouble(engine: InstalledEngine | undefined): Promise<string> {
  if (engine?.gpu === false) return 'a TensorFlow without CUDA installed. Run finetune engine install for one with it';
  const missing = await missingGpuLibrary(engine?.directory);
  return missing === undefined ? 'that it refuses the GPU. Update the driver' : `${missing}. Install what is missing`;
}

/** @returns undefined for the stock addon */
async function load(wish: EngineRequest, gpu: boolean): Promise<InstalledEngine | undefined> {
  const cache = dirname(claimCache('engines'));
  const installed = await installedEngine(wish, cache, gpu);
  if (installed === undefined && loadStock(findTfjsPackage(cache))) return undefined;
  const engine = installed ?? (await installForRun(wish, cache, gpu));
  await loadInstalled(engine, wish, cache);
  return engine;
}

function describe(engine: InstalledEngine | undefined, gpus: readonly Gpu[], visible: string | undefined): EngineInfo {
  const gpu = visible === undefined ? undefined : gpuShown(visible, gpus);
  const {binding, isUsingGpuDevice} = tensorFlowBackend();
  return {
    engine: 'tensorflow',
    tensorflowVersion: binding.TF_Version,
    tfjsVersion: tf.version.tfjs,
    from: engine?.from ?? 'stock',
    ...(engine && {directory: engine.directory}),
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
    devices: describeDevices(gpus),
    ...(gpu && {gpu}),
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || usableCores(),
    oneDnn: process.env.TF_ENABLE_ONEDNN_OPTS !== '0',
    nodeVersion: process.version,
  };
}
