import {join} from 'node:path';
import {assertTrusted, cacheDirectory, makePrivate} from '../core/cache-directory.js';
import {AbortedError, messageOf} from '../core/errors.js';
import {FULL} from './command.js';
import {listGpus} from './device.js';
import {enginesDirectory, installedEngines, sweepStaging, writeManifest, type InstalledEngine} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import {withLock} from '../core/lock.js';
import {damageOf} from './engine-files.js';
import {requireSupported, thisMachine} from './machine.js';
import {fetchPackage, makeEngine, type EngineOrder} from './make-engine.js';
import {TENSORFLOW_VERSION} from './pinned-wheels.js';
import {beginStep, type InstallListener} from './progress.js';
import {findTfjsPackage} from './tfjs-package.js';
import {fingerprintOf, lookAtSource} from './wheel-source.js';

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
 * Gets TensorFlow, compiles the addon against it, tests both and moves them into the cache; or returns the engine that is there already.
 * A minute or two and 1.2 GB on the way (0.9 GB stay; several times that with CUDA). A failure leaves nothing behind.
 * @throws EngineError (exit 4) for what this machine lacks; UsageError for a wrong `from`; AbortedError
 */
export async function installEngine(options: InstallOptions = {}): Promise<InstalledEngine> {
  requireSupported(thisMachine());
  const order = await placeOrder(options);
  return alone(order, async () => (await findSame(order)) ?? makeEngine(order));
}

/** The tfjs-node-gpu that an installed engine runs under, fetched with npm where it has gone. @throws EngineError, AbortedError */
export async function ensureTfjsPackage(options: InstallOptions): Promise<string> {
  const order = await placeOrder({...options, gpu: false});
  const {cache} = order;
  return findTfjsPackage(cache) ?? alone(order, async () => findTfjsPackage(cache) ?? fetchPackage(order));
}

async function placeOrder({from, gpu, onProgress, signal, cache, environment = process.env}: InstallOptions): Promise<EngineOrder> {
  const source = from === undefined ? undefined : await lookAtSource(from);
  return {
    from: from ?? 'pip',
    source,
    fingerprint: source === undefined ? '' : fingerprintOf(source),
    gpu: gpu ?? (await listGpus(environment)).length > 0,
    onProgress,
    signal,
    cache: cache ?? cacheDirectory(environment),
    environment,
  };
}

/** An engine like the one ordered, whole, which becomes the one last asked for. */
async function findSame({source, fingerprint, gpu, cache}: EngineOrder): Promise<InstalledEngine | undefined> {
  const isSame = (engine: InstalledEngine) => (engine.gpu || !gpu) && engine.tensorflow === TENSORFLOW_VERSION;
  const found = installedEngines(cache).find(engine => engine.fingerprint === fingerprint && (source !== undefined || isSame(engine)));
  if (found === undefined || (await damageOf(found, true)) !== undefined) return undefined;
  const {directory, ...manifest} = found;
  return writeManifest(directory, {...manifest, installedAt: new Date().toISOString()});
}

/** What the system refuses while an engine is made, with the folder and what to do. */
function refusalOf(error: unknown, cache: string): EngineError | undefined {
  const {code, syscall} = error as NodeJS.ErrnoException;
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? '') || (error instanceof EngineError && FULL.test(error.message));
  if (isFull) {
    const message = `There is no room left for TensorFlow in ${cache}: an installation takes 1.2 GB on the way, several times that with CUDA. `;
    return new EngineError('unpack', `${message}Make room, or set FINETUNE_CACHE to a folder on a larger disk.`, {cause: error});
  }
  if (syscall === undefined) return undefined;
  const message = `TensorFlow cannot be installed in ${cache}: ${messageOf(error)}. `;
  return new EngineError('unpack', `${message}Set FINETUNE_CACHE to a folder that can be written to.`, {cause: error});
}

/** Runs `work` while no other process installs into the same cache, and clears away what an interrupted one left there. */
async function alone<T>({cache, onProgress, signal}: EngineOrder, work: () => Promise<T>): Promise<T> {
  const onWait = ({pid}: {pid: number}) => beginStep(onProgress, 'wait', `process ${pid}, which is installing`);
  try {
    makePrivate(enginesDirectory(cache));
    assertTrusted(cache, [enginesDirectory(cache)]);
    return await withLock(
      join(enginesDirectory(cache), '.lock'),
      async () => {
        await sweepStaging(cache);
        return work();
      },
      {onWait, signal},
    );
  } catch (error) {
    if (signal?.aborted) throw new AbortedError();
    throw refusalOf(error, cache) ?? error;
  }
}
