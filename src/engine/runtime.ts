import {MachineError, UsageError} from '../core/errors.js';
import type {EngineInfo, EngineWish} from './engine-info.js';
import {startTensorFlow} from './start-tensorflow.js';
import {startWasm} from './start-wasm.js';

export type {EngineEvent, EngineInfo, EngineName, EngineWish} from './engine-info.js';

/** What the portable engine costs, measured on a ResNet-18 (training steps at both sizes, two cores). */
const SLOWDOWN = 'training goes on with the portable engine, about 5 times slower at 64 px and 9 times slower at 224 px';

interface Started {
  readonly wish: EngineWish;
  readonly info: Promise<EngineInfo>;
}

let started: Started | undefined;

/**
 * Finds, loads and opens an engine; once a process, since neither TensorFlow nor tfjs can be unloaded. A second call with wishes that
 * the engine in force fulfils returns it.
 * @throws EngineError or GpuError (exit 4) where a demanded engine or device is not to be had; UsageError for a wish that contradicts
 * itself or the engine in force; AbortedError
 */
export async function startEngine(wish: EngineWish): Promise<EngineInfo> {
  if (started !== undefined) return agree(wish, started);
  started = {wish, info: start(wish)};
  try {
    return await started.info;
  } catch (error) {
    started = undefined;
    throw error;
  }
}

async function start(wish: EngineWish): Promise<EngineInfo> {
  const wantsGpu = wish.device.startsWith('gpu');
  if (wish.engine === 'wasm') {
    if (wantsGpu)
      throw new UsageError(`Expected --device cpu or auto for --engine wasm, but found ${wish.device}. The portable engine has no GPU.`);
    return startWasm();
  }
  try {
    return await startTensorFlow(wish);
  } catch (error) {
    if (wish.engine === 'tensorflow' || wantsGpu || !(error instanceof MachineError)) throw error;
    const fallbackReason = `TensorFlow is not to be had here, so ${SLOWDOWN}: ${error.message}`;
    wish.onEvent?.({type: 'fallback', reason: fallbackReason});
    return {...(await startWasm()), fallbackReason};
  }
}

async function agree(wish: EngineWish, {wish: earlier, info}: Started): Promise<EngineInfo> {
  const running = await info;
  const fits =
    (wish.engine === 'auto' || wish.engine === running.engine) &&
    (wish.device === 'auto' || wish.device === running.device || wish.device === earlier.device) &&
    (wish.threads === undefined || wish.threads === running.threads);
  if (fits) return running;
  const describe = (engine: string, device: string, threads: number | undefined) =>
    `${engine} on ${device}${threads === undefined ? '' : ` with ${threads} threads`}`;
  throw new UsageError(
    `Expected ${describe(wish.engine, wish.device, wish.threads)}, but found that this process already runs ` +
      `${describe(running.engine, running.device, running.threads)}. Start another process for another engine.`,
  );
}
