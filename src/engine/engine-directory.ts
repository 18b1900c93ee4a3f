import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {cacheDirectory} from '../core/cache-directory.js';

/** What an engine directory says about itself, in its `engine.json`. */
export interface EngineManifest {
  /** TensorFlow's version, as its library reports it. */
  readonly tensorflow: string;
  /** Built with CUDA kernels. */
  readonly gpu: boolean;
  /** The Node-API level that the addon was compiled for. */
  readonly nodeApi: number;
  /** `linux-x64` */
  readonly platform: string;
  /** sha256 of the addon's sources. */
  readonly addonSource: string;
  /** `pip`, or the wheel or directory it was made from. */
  readonly from: string;
  readonly installedAt: string;
}

/** An engine that passed its self-test and lies in its place. */
export interface InstalledEngine extends EngineManifest {
  readonly directory: string;
}

/** tfjs-node-gpu uses the highest of 3..8 that Node supports, and every Node from 20 on supports 8. */
export const NODE_API = 8;
export const PLATFORM = `${process.platform}-${process.arch}`;

/** Paths inside an engine directory. Only relative ones are written into it: it is moved into place after the self-test. */
export const addonOf = (directory: string): string => join(directory, 'tfjs_binding.node');
export const librariesOf = (directory: string): string => join(directory, 'tensorflow');
/** Where tfjs-node-gpu's JavaScript is put when this package's own dependencies lack it. */
export const nodePackagesOf = (directory: string): string => join(directory, 'node');
export const manifestOf = (directory: string): string => join(directory, 'engine.json');

export const enginesDirectory = (cache = cacheDirectory()): string => join(cache, 'engines');

/** `tensorflow-2.21.0-cpu-napi8-linux-x64-1a2b3c4d` */
export function engineKey({tensorflow, gpu, nodeApi, platform, addonSource}: Omit<EngineManifest, 'from' | 'installedAt'>): string {
  return ['tensorflow', tensorflow, gpu ? 'gpu' : 'cpu', `napi${nodeApi}`, platform, addonSource.slice(0, 8)].join('-');
}

/** sha256 over names and contents, in the order given. */
export function hashOfFiles(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function readEngine(directory: string): InstalledEngine | undefined {
  if (!existsSync(manifestOf(directory))) return undefined;
  const manifest = JSON.parse(readFileSync(manifestOf(directory), 'utf8')) as EngineManifest;
  return {...manifest, directory};
}

/** Installed engines that this Node on this machine can load, the latest installed first. */
export function installedEngines(cache = cacheDirectory()): InstalledEngine[] {
  const engines = enginesDirectory(cache);
  if (!existsSync(engines)) return [];
  return readdirSync(engines)
    .map(name => readEngine(join(engines, name)))
    .filter(engine => engine !== undefined)
    .filter(engine => engine.nodeApi === NODE_API && engine.platform === PLATFORM)
    .sort((a, b) => b.installedAt.localeCompare(a.installedAt));
}
