import {messageOf} from '../core/errors.js';
import {addonOf, enginesDirectory, installedEngines, type InstalledEngine} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import type {EngineWish} from './engine-info.js';
import {showCudaTools} from './environment.js';
import {hushed} from './hush.js';
import {ensureTfjsPackage, installEngine} from './install.js';
import {loadTensorFlow} from './load-tensorflow.js';
import {findTfjsPackage} from './tfjs-package.js';

/** The latest installed engine that fits: with CUDA where a GPU is to be used; without it, else any, where not. */
export function installedEngine(cache: string, gpu: boolean): InstalledEngine | undefined {
  const engines = installedEngines(cache);
  return engines.find(engine => engine.gpu === gpu) ?? (gpu ? undefined : engines[0]);
}

/** Installs an engine on first use. @throws EngineError where the user wants no network */
export async function installForRun({device, offline, onEvent, signal}: EngineWish, cache: string, gpu: boolean): Promise<InstalledEngine> {
  const withoutGpu = device === 'auto' ? installedEngines(cache)[0] : undefined;
  if (!offline) return installEngine({gpu, onProgress: onEvent, signal, cache});
  if (withoutGpu !== undefined) return withoutGpu;
  throw new EngineError(
    'download',
    `Expected an installed TensorFlow for --offline, but found none in ${enginesDirectory(cache)}. ` +
      'Run finetune engine install once with a connection, or with --from FILE.',
  );
}

/** Opens the door to TensorFlow through an installed engine. @throws EngineError where it does not load */
export async function loadInstalled(
  engine: InstalledEngine,
  {offline, verbose, onEvent, signal}: EngineWish,
  cache: string,
): Promise<void> {
  const found = findTfjsPackage(cache);
  if (found === undefined && offline) {
    throw new EngineError(
      'package',
      'Expected @tensorflow/tfjs-node-gpu for --offline, but found it nowhere. Run finetune engine install once with a connection.',
    );
  }
  const tfjsPackage = found ?? (await ensureTfjsPackage({onProgress: onEvent, signal, cache}));
  showCudaTools(engine.directory);
  try {
    const load = () => loadTensorFlow(tfjsPackage, addonOf(engine.directory));
    if (verbose) load();
    else hushed(engine.directory, load);
  } catch (error) {
    throw new EngineError(
      'load',
      `Expected the TensorFlow in ${engine.directory} to load, but found: ${messageOf(error)}. Remove that folder and run finetune engine install.`,
      {cause: error},
    );
  }
}
