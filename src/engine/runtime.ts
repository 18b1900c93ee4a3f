import {MachineError, UsageError} from '../core/errors.js';
import type {EngineInfo, EngineWish} from './engine-info.js';
import {checkWish, requestOf, type EngineRequest} from './engine-request.js';
import {startTensorFlow} from './start-tensorflow.js';
import {startWasm} from './start-wasm.js';

export type {EngineEvent, EngineInfo, EngineName, EngineWish} from './engine-info.js';

/** What the portable engine costs, measured on a ResNet-18 (training steps at both sizes, two cores). */
const SLOWDOWN = 'training goes on with the portable engine, about 5 times slower at 64 px and 9 times slower at 224 px';

interface Started {
  readonly wish: EngineRequest;
  readonly info: Promise<EngineInfo>;
}

let started: Started | undefined;

/**
 * Finds, loads and opens an engine; once a process, since neither TensorFlow nor tfjs can be unloaded. A second call with wishes that
 * the engine in force fulfils returns it.
 * @throws EngineError or GpuError (exit 4) where a demanded engine or device is not to be had; UsageError for a wish that contradicts
 * itself or the engine in force; AbortedError
 */
export async function startEngine(wish: EngineWish = {}): Promise<EngineInfo> {
  checkWish('startEngine()', wish);
  // What runs already is right for all that ask for nothing else, whatever the environment says.
  if (started !== undefined) return agree(wish, started);
  const request = requestOf(wish);
  started = {wish: request, info: start(request)};
  try {
    return await started.info;
  } catch (error) {
    started = undefined;
    throw error;
  }
}

async function start(wish: EngineRequest): Promise<EngineInfo> {
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
    const fallbackReason = wish.install ? `TensorFlow is not to be had here, so ${SLOWDOWN}: ${error.message}` : error.message;
    wish.onEvent?.({type: 'fallback', reason: fallbackReason});
    return {...(await startWasm()), fallbackReason};
  }
}

async function agree({engine = 'auto', device = 'auto', threads}: EngineWish, {wish: earlier, info}: Started): Promise<EngineInfo> {
  const running = await info;
  const fits =
    (engine === 'auto' || engine === running.engine) &&
    (device === 'auto' || device === running.device || device === earlier.device) &&
    (threads === undefined || threads === running.threads);
  if (fits) return running;
  const describe = (name: string, place: string, count: number | undefined) =>
    `${name} on ${place}${count === undefined ? '' : ` with ${count} threads`}`;
  throw new UsageError(
    `Expected ${describe(engine, device, threads)}, but found that this process already runs ` +
      `${describe(running.engine, running.device, running.threads)}. Start another process for another engine.`,
  );
}
