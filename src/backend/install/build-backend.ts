import {existsSync} from 'node:fs';
import {mkdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {flushDirectory, flushTree} from '../../core/files/fsync.js';
import {compileAddons, findCompiler} from './addon.js';
import {ADDON_SOURCE_HASH, NODE_API} from './addon-source.js';
import {
  cudaDirectory,
  backendKey,
  backendsDirectory,
  PLATFORM,
  stagingDirectory,
  type BackendManifest,
  writeManifest,
  type InstalledBackend,
} from './backend-directory.js';
import {hashBackendFiles} from './backend-files.js';
import {fetchTensorFlow, type FetchTensorFlowOptions} from './wheels/fetch-tensorflow.js';
import {beginStep} from './install-progress.js';
import {announceDownload} from './announce-download.js';
import {forgetFailedInstall, recordFailedInstall} from './failed-install.js';
import {selfTest, type SelfTestReport} from './self-test.js';
import {findTfjsPackage, installTfjsPackage} from './tfjs-package.js';

/** An installation request with every option resolved. */
export interface InstallRequest extends FetchTensorFlowOptions {
  /** `pip`, or the path of a local source. */
  readonly from: string;
  /** Fingerprint of a local source; empty for pip. */
  readonly fingerprint: string;
  readonly cache: string;
}

/** Builds a backend in a staging directory and renames it into place after the self-test. The caller holds the installation lock. */
export async function buildBackend(request: InstallRequest): Promise<InstalledBackend> {
  const {cache, environment, signal, onProgress} = request;
  const compiler = await findCompiler(environment);
  announceDownload(request);
  await forgetFailedInstall(cache, request.gpu);
  const tfjsPackage = findTfjsPackage(cache) ?? (await fetchTfjsPackage(request));
  const staging = stagingDirectory(cache);
  try {
    await mkdir(staging);
    await fetchTensorFlow(staging, request);
    beginStep(onProgress, 'compile', 'the addon, 15 seconds or so');
    await compileAddons(tfjsPackage, staging, {compiler, environment, signal});
    beginStep(onProgress, 'test', 'a matrix product, a convolution and its gradient');
    return await moveToCache(
      staging,
      describeManifest(
        request,
        existsSync(cudaDirectory(staging)),
        await selfTest(tfjsPackage, staging, {environment, signal}),
      ),
      cache,
    );
  } catch (error) {
    if (request.source === undefined) await recordFailedInstall(error, cache, request.gpu);
    throw error;
  } finally {
    await rm(staging, {recursive: true, force: true});
  }
}

/** Installs tfjs-node-gpu into the cache with npm. The caller holds the installation lock. */
export function fetchTfjsPackage({
  cache,
  environment,
  signal,
  onProgress,
}: InstallRequest): Promise<string> {
  beginStep(onProgress, 'package', '@tensorflow/tfjs-node-gpu');
  return installTfjsPackage(cache, environment, signal);
}

function describeManifest(
  {from, fingerprint}: InstallRequest,
  cuda: boolean,
  {tensorflow, usesGpu}: SelfTestReport,
): Omit<BackendManifest, 'files'> {
  return {
    tensorflow,
    gpu: cuda || usesGpu,
    nodeApi: NODE_API,
    platform: PLATFORM,
    addonSource: ADDON_SOURCE_HASH,
    from,
    fingerprint,
    installedAt: new Date().toISOString(),
  };
}

async function moveToCache(
  staging: string,
  manifestFields: Omit<BackendManifest, 'files'>,
  cache: string,
): Promise<InstalledBackend> {
  const manifest = {...manifestFields, files: await hashBackendFiles(staging)};
  const directory = join(backendsDirectory(cache), backendKey(manifest));
  await writeManifest(staging, manifest);
  await flushTree(staging);
  // Only a damaged backend of the same name can exist here.
  await rm(directory, {recursive: true, force: true});
  await rename(staging, directory);
  await flushDirectory(backendsDirectory(cache));
  return {...manifest, directory};
}
