import {execFile} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {mkdir, mkdtemp, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {cacheDirectory} from '../core/cache-directory.js';
import {addonSources, compileAddon} from './addon.js';
import {
  engineKey,
  enginesDirectory,
  hashOfFiles,
  manifestOf,
  NODE_API,
  PLATFORM,
  type EngineManifest,
  type InstalledEngine,
} from './engine-directory.js';
import {findTfjsPackage} from './load.js';
import {unpackWheel} from './wheel.js';

export interface InstallOptions {
  readonly from?: string;
  readonly cache?: string;
  readonly signal?: AbortSignal;
}

async function download(to: string): Promise<string> {
  const tags = ['--platform', 'manylinux_2_27_x86_64', '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];
  await promisify(execFile)('python3', [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    ...tags,
    '-d',
    to,
    'tensorflow-cpu==2.21.0',
  ]);
  return join(
    to,
    readdirSync(to).find(name => name.endsWith('.whl'))!,
  );
}

export async function installEngine({from, cache = cacheDirectory(), signal}: InstallOptions = {}): Promise<InstalledEngine> {
  const tfjsPackage = findTfjsPackage()!;
  const engines = enginesDirectory(cache);
  await mkdir(engines, {recursive: true});
  const made = await mkdtemp(join(engines, '.making-'));
  const wheel = from ?? (await download(join(made, 'wheels')));
  await unpackWheel(wheel, made);
  await compileAddon(tfjsPackage, made, signal);
  await rm(join(made, 'wheels'), {recursive: true, force: true});
  const manifest: EngineManifest = {
    tensorflow: '2.21.0',
    gpu: false,
    nodeApi: NODE_API,
    platform: PLATFORM,
    addonSource: hashOfFiles(addonSources(tfjsPackage)),
    from: from ?? 'pip',
    installedAt: new Date().toISOString(),
  };
  await writeFile(manifestOf(made), JSON.stringify(manifest, null, 2));
  const directory = join(engines, engineKey(manifest));
  if (existsSync(directory)) await rm(made, {recursive: true});
  else await rename(made, directory);
  return {...manifest, directory};
}
