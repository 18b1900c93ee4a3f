import {existsSync} from 'node:fs';
import {copyFile, mkdir, readdir, rename, rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {assertTrusted} from '../../core/files/cache-directory.js';
import {flushDirectory, flushTree} from '../../core/files/fsync.js';
import {findErrorLine, runSubprocess} from './subprocess.js';
import {BackendError} from '../backend-error.js';
import {backendsDirectory, stagingDirectory} from './backend-directory.js';
import type {InstallSize} from './wheels/tensorflow-wheels.js';

/** The npm package with the JavaScript above the addon, and the addon's sources. */
const TFJS_PACKAGE = '@tensorflow/tfjs-node-gpu';
const TFJS_VERSION = '4.22.0';

/** What npm downloads for the package and its dependencies, and what is kept of it, in bytes. */
export const TFJS_SIZE: InstallSize = {downloadBytes: 75_268_993, diskBytes: 90_140_199};

/** npm's default is to retry for more than a minute without a connection. */
const NPM_FLAGS = [
  'ci',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=4000',
];

/** Pins the package and all its dependencies, one version each, with hashes. Created by `npm install --package-lock-only`. */
const LOCK_FILE = fileURLToPath(
  new URL('../../../../native/tfjs-node-gpu.lock.json', import.meta.url),
);

/** Where a copy is installed if this package's dependencies lack it. */
const cachedPackageDirectory = (cache: string): string =>
  join(backendsDirectory(cache), `tfjs-node-gpu-${TFJS_VERSION}`);

/**
 * The directory of tfjs-node-gpu: among this package's dependencies, or in the cache. npm silently skips an optional dependency whose
 * install script fails, as this one's often does.
 * @throws UntrustedCacheError
 */
export function findTfjsPackage(cache: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${TFJS_PACKAGE}/package.json`));
  } catch {
    const installed = join(cachedPackageDirectory(cache), 'node_modules', TFJS_PACKAGE);
    if (!existsSync(installed)) return undefined;
    const modules = dirname(dirname(installed));
    assertTrusted(cache, [
      cachedPackageDirectory(cache),
      modules,
      dirname(installed),
      installed,
      join(installed, 'package.json'),
      join(installed, 'dist'),
    ]);
    return installed;
  }
}

/**
 * Installs tfjs-node-gpu and its dependencies into the cache with npm, without install scripts. npm rejects files whose hash differs.
 * @throws BackendError with npm's message
 */
export async function installTfjsPackage(
  cache: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const staging = stagingDirectory(cache);
  try {
    await mkdir(staging, {recursive: true});
    await writeFile(
      join(staging, 'package.json'),
      JSON.stringify({private: true, dependencies: {[TFJS_PACKAGE]: TFJS_VERSION}}),
    );
    await copyFile(LOCK_FILE, join(staging, 'package-lock.json'));
    // The user's npm comes first, then the one next to the running Node.
    const PATH = [environment.PATH, dirname(process.execPath)].join(delimiter);
    const result = await runSubprocess(['npm', ...NPM_FLAGS, '--prefix', staging], {
      environment: {...environment, PATH},
      signal,
    });
    if (result?.code !== 0) {
      const reason = result === undefined ? 'no npm' : findErrorLine(result);
      throw new BackendError(
        {step: 'package'},
        `npm cannot download ${TFJS_PACKAGE} ${TFJS_VERSION}: ${reason}. Check the connection, or add it to your project's dependencies.`,
      );
    }
    await removeSourceMaps(staging);
    await flushTree(staging);
    await rename(staging, cachedPackageDirectory(cache));
    await flushDirectory(backendsDirectory(cache));
  } finally {
    await rm(staging, {recursive: true, force: true});
  }
  return join(cachedPackageDirectory(cache), 'node_modules', TFJS_PACKAGE);
}

/** Removes what only debuggers read: 198 of 290 MB. */
async function removeSourceMaps(directory: string): Promise<void> {
  const names = await readdir(directory, {recursive: true});
  const maps = names.filter(name => /\.(js|ts|cjs|mjs|css)\.map$/.test(name));
  await Promise.all(maps.map(name => rm(join(directory, name), {force: true})));
}
