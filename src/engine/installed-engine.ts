import {messageOf} from '../core/errors.js';
import type {DeviceWish} from './device.js';
import {addonOf, enginesDirectory, installedEngines, type InstalledEngine} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import {assertTrustedEngine, damageOf} from './engine-files.js';
import type {EngineRequest} from './engine-request.js';
import {showCudaTools, VARIABLES} from './environment.js';
import {hushed, shareEnvironment, shieldFromSignals} from './guard.js';
import {ensureTfjsPackage, installEngine} from './install.js';
import {loadTensorFlow} from './load-tensorflow.js';
import {findTfjsPackage} from './tfjs-package.js';
import {forget, markRunning, uncleanStarts} from './unclean-start.js';

/** The installed engine that fits best: with CUDA where a GPU is to be used and without it where not; else the other, if that will do. */
function fittingEngine(cache: string, gpu: boolean, device: DeviceWish): InstalledEngine | undefined {
  const engines = installedEngines(cache);
  return engines.find(engine => engine.gpu === gpu) ?? (device.startsWith('gpu') ? undefined : engines[0]);
}

const notInstalled = (): EngineError =>
  new EngineError(
    'load',
    'TensorFlow is not installed, so the portable engine (WebAssembly) computes: slower, with the same results. ' +
      'For many images install it once: finetune engine install.',
  );

/**
 * The installed engine to use, looked into: by sizes and times, or as a whole where an earlier process did not come to its end. A damaged one
 * is installed again, where it came from pip and there may be a connection.
 * @throws EngineError for a damaged one otherwise; UntrustedCacheError for one that others could have changed
 */
export async function installedEngine(wish: EngineRequest, cache: string, gpu: boolean): Promise<InstalledEngine | undefined> {
  const engine = fittingEngine(cache, gpu, wish.device);
  if (engine === undefined) return undefined;
  assertTrustedEngine(cache, engine);
  const unclean = await uncleanStarts(engine.directory);
  const damage = await damageOf(engine, unclean.length > 0);
  await forget(unclean);
  if (damage === undefined) return engine;
  if (wish.offline || !wish.install || engine.fingerprint !== '') throw damaged(engine, damage);
  wish.onEvent?.({type: 'fallback', reason: `TensorFlow in ${engine.directory} is damaged: ${damage}. It is installed again.`});
  return undefined;
}

function damaged({directory, from, fingerprint}: InstalledEngine, damage: string, options?: ErrorOptions): EngineError {
  const again = fingerprint === '' ? 'finetune engine install' : `finetune engine install --from ${from}`;
  return new EngineError('load', `TensorFlow in ${directory} is damaged: ${damage}. Install it again: ${again}.`, options);
}

/**
 * Installs an engine on first use; where a GPU is only hoped for, one without CUDA if there is no other way.
 * @throws EngineError where there is none to be had, or the user wants no network
 */
export async function installForRun(
  {device, offline, install: mayInstall, onEvent, signal}: EngineRequest,
  cache: string,
  gpu: boolean,
): Promise<InstalledEngine> {
  if (!mayInstall) throw notInstalled();
  if (offline) {
    throw new EngineError(
      'download',
      `Expected an installed TensorFlow for --offline, but found none in ${enginesDirectory(cache)}. ` +
        'Run finetune engine install once with a connection, or with --from FILE.',
    );
  }
  const install = (cuda: boolean) => installEngine({gpu: cuda, onProgress: onEvent, signal, cache});
  try {
    return await install(gpu);
  } catch (error) {
    if (!gpu || device !== 'auto' || !(error instanceof EngineError)) throw error;
    onEvent?.({
      type: 'fallback',
      reason: `TensorFlow for the GPU is not to be had here, so training goes on with the CPU: ${error.message}`,
    });
    return install(false);
  }
}

/** Opens the door to TensorFlow through an installed engine. @throws EngineError where it does not load */
export async function loadInstalled(
  engine: InstalledEngine,
  {offline, install, onEvent, signal}: EngineRequest,
  cache: string,
): Promise<void> {
  const found = findTfjsPackage(cache);
  if (found === undefined && !install) throw notInstalled();
  if (found === undefined && offline) {
    throw new EngineError(
      'package',
      'Expected @tensorflow/tfjs-node-gpu for --offline, but found it nowhere. Run finetune engine install once with a connection.',
    );
  }
  const tfjsPackage = found ?? (await ensureTfjsPackage({onProgress: onEvent, signal, cache}));
  showCudaTools(engine.directory);
  await markRunning(engine.directory);
  try {
    shieldFromSignals(engine.directory);
    shareEnvironment(engine.directory, VARIABLES);
    hushed(engine.directory, () => loadTensorFlow(tfjsPackage, addonOf(engine.directory)));
  } catch (cause) {
    const damage = await damageOf(engine, true);
    if (damage !== undefined) throw damaged(engine, damage, {cause});
    throw new EngineError(
      'load',
      `Expected the TensorFlow in ${engine.directory} to load, but found: ${messageOf(cause)}. Remove that folder and run finetune engine install.`,
      {cause},
    );
  }
}
