import {UnsupportedEnvironmentError, UsageError} from '../../core/errors.js';
import {BackendNotInstalledError} from '../backend-error.js';
import {isInstallable} from '../install/machine.js';
import type {BackendInfo, BackendOptions} from './backend-info.js';
import {
  checkBackendOptions,
  resolveBackendOptions,
  type ResolvedBackendOptions,
} from './backend-options.js';
import {startTensorFlow} from './start-tensorflow.js';
import {startWasm} from './start-wasm.js';

export type {BackendEvent, BackendInfo, BackendName, BackendOptions} from './backend-info.js';

/** Slowdown of the WASM backend, measured on a ResNet-18 (training steps at both sizes, two cores). */
const SLOWDOWN = 'about 5 times slower at 64 px and 9 times slower at 224 px';

interface StartedBackend {
  readonly options: ResolvedBackendOptions;
  readonly info: Promise<BackendInfo>;
}

let started: StartedBackend | undefined;

/**
 * Selects, loads and starts a backend, once per process: neither TensorFlow nor tfjs can be unloaded. A later call with compatible options
 * returns the running backend.
 * @throws BackendError or GpuError (exit 4) if a required backend or device is not available; UsageError for options that contradict each
 * other or the running backend; AbortedError
 *
 * @example
 * import {startBackend} from 'finetune';
 *
 * const {backend, device, threads} = await startBackend({device: 'cpu'});
 * console.log(`${backend} on ${device}, ${threads} threads`);
 */
export async function startBackend(options: BackendOptions = {}): Promise<BackendInfo> {
  checkBackendOptions('startBackend()', options);
  // The running backend satisfies calls without options, whatever the environment variables say.
  if (started !== undefined) return reuseStarted(options, started);
  const resolved = resolveBackendOptions(options);
  started = {options: resolved, info: start(resolved)};
  try {
    return await started.info;
  } catch (error) {
    started = undefined;
    throw error;
  }
}

async function start(options: ResolvedBackendOptions): Promise<BackendInfo> {
  const wantsGpu = options.device.startsWith('gpu');
  if (options.backend === 'wasm') {
    if (wantsGpu)
      throw new UsageError(
        `--device ${options.device} does not fit --backend wasm: the portable backend has no GPU. Use --device cpu or auto.`,
      );
    return startWasm();
  }
  try {
    return await startTensorFlow(options);
  } catch (error) {
    if (
      options.backend === 'tensorflow' ||
      wantsGpu ||
      !(error instanceof UnsupportedEnvironmentError)
    )
      throw error;
    const fallback = describeFallback(error, options);
    options.onEvent?.({type: 'fallback', ...fallback});
    return {...(await startWasm()), fallbackReason: fallback.reason};
  }
}

/** Why WebAssembly computes. */
function describeFallback(
  error: UnsupportedEnvironmentError,
  {install}: ResolvedBackendOptions,
): {readonly reason: string; readonly code?: 'BACKEND_NOT_INSTALLED'} {
  if (error instanceof BackendNotInstalledError)
    return {
      reason:
        'TensorFlow is not installed, so WebAssembly computes. installBackend() installs it once.',
      code: error.code,
    };
  return install
    ? {
        reason: `TensorFlow is not available, so training falls back to WASM, ${SLOWDOWN}. ${error.message}`,
      }
    : {reason: error.message};
}

/**
 * Starts a backend to train on. Where TensorFlow could be installed, `auto` does not fall back to WebAssembly: that would take many times as
 * long, and a process cannot change its backend later.
 * @throws BackendNotInstalledError; the errors of `startBackend`
 */
export async function startTrainingBackend(options: BackendOptions): Promise<BackendInfo> {
  if (started !== undefined) return startBackend(options);
  const {backend, install} = resolveBackendOptions(options);
  if (backend !== 'auto' || install) return startBackend(options);
  try {
    return await startBackend({...options, backend: 'tensorflow'});
  } catch (error) {
    if (error instanceof BackendNotInstalledError)
      throw new BackendNotInstalledError({}, {problem: `, and WebAssembly trains ${SLOWDOWN}`});
    if (isInstallable()) throw error;
    return startBackend(options);
  }
}

async function reuseStarted(
  {backend = 'auto', device = 'auto', threads}: BackendOptions,
  {options: startedOptions, info}: StartedBackend,
): Promise<BackendInfo> {
  const running = await info;
  const isCompatible =
    (backend === 'auto' || backend === running.backend) &&
    (device === 'auto' || device === running.device || device === startedOptions.device) &&
    (threads === undefined || threads === running.threads);
  if (isCompatible) return running;
  const describeRun = (name: string, deviceName: string, threadCount: number | undefined) =>
    `${name} on ${deviceName}${threadCount === undefined ? '' : ` with ${threadCount} threads`}`;
  throw new UsageError(
    `This process already runs ${describeRun(running.backend, running.device, running.threads)}, so it cannot run ${describeRun(backend, device, threads)}. Start another process for another backend.`,
  );
}
