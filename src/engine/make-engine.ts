import {existsSync} from 'node:fs';
import {mkdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {flushDirectory, flushTree} from '../core/flush.js';
import {compileAddons, findCompiler} from './addon.js';
import {ADDON_SOURCE, NODE_API} from './addon-source.js';
import {
  cudaOf,
  engineKey,
  enginesDirectory,
  PLATFORM,
  stagingDirectory,
  type EngineManifest,
  writeManifest,
  type InstalledEngine,
} from './engine-directory.js';
import {recordFiles} from './engine-files.js';
import {obtainTensorFlow, type ObtainOptions} from './obtain.js';
import {beginStep} from './progress.js';
import {selfTest, type SelfTestReport} from './self-test.js';
import {findTfjsPackage, installTfjsPackage} from './tfjs-package.js';

/** An installation with every option in force. */
export interface EngineOrder extends ObtainOptions {
  /** `pip`, or the path given. */
  readonly from: string;
  /** Of the path given; empty for pip. */
  readonly fingerprint: string;
  readonly cache: string;
}

/** Makes an engine in a directory aside and renames it into its place when it has passed its test. Only for the holder of the lock. */
export async function makeEngine(order: EngineOrder): Promise<InstalledEngine> {
  const {cache, environment, signal, onProgress} = order;
  const compiler = await findCompiler(environment);
  const tfjsPackage = findTfjsPackage(cache) ?? (await fetchPackage(order));
  const made = stagingDirectory(cache);
  try {
    await mkdir(made);
    await obtainTensorFlow(made, order);
    beginStep(onProgress, 'compile', 'the addon, 15 seconds or so');
    await compileAddons(tfjsPackage, made, {compiler, environment, signal});
    beginStep(onProgress, 'test', 'a matrix product, a convolution and its gradient');
    return await putInPlace(
      made,
      describe(order, existsSync(cudaOf(made)), await selfTest(tfjsPackage, made, {environment, signal})),
      cache,
    );
  } finally {
    await rm(made, {recursive: true, force: true});
  }
}

/** Has npm fetch tfjs-node-gpu into the cache. Only for the holder of the lock. */
export function fetchPackage({cache, environment, signal, onProgress}: EngineOrder): Promise<string> {
  beginStep(onProgress, 'package', '@tensorflow/tfjs-node-gpu');
  return installTfjsPackage(cache, environment, signal);
}

function describe({from, fingerprint}: EngineOrder, cuda: boolean, {tensorflow, usesGpu}: SelfTestReport): Omit<EngineManifest, 'files'> {
  return {
    tensorflow,
    gpu: cuda || usesGpu,
    nodeApi: NODE_API,
    platform: PLATFORM,
    addonSource: ADDON_SOURCE,
    from,
    fingerprint,
    installedAt: new Date().toISOString(),
  };
}

async function putInPlace(made: string, description: Omit<EngineManifest, 'files'>, cache: string): Promise<InstalledEngine> {
  const manifest = {...description, files: await recordFiles(made)};
  const directory = join(enginesDirectory(cache), engineKey(manifest));
  await writeManifest(made, manifest);
  await flushTree(made);
  // Only an engine that this very one replaces can be there, one that is damaged.
  await rm(directory, {recursive: true, force: true});
  await rename(made, directory);
  await flushDirectory(enginesDirectory(cache));
  return {...manifest, directory};
}
