import {randomUUID} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {SchemaError, validate, type ObjectSchema} from '../../core/schema.js';
import {ADDON_SOURCE_HASH, NODE_API} from './addon-source.js';

const [ADDON_FILE, GUARD_FILE] = ['tfjs_binding.node', 'guard.node'];

export const MANIFEST_FILE = 'engine.json';

/** Description of a backend, stored in its `engine.json`. */
export interface BackendManifest {
  /** TensorFlow's version, as its library reports it. */
  readonly tensorflow: string;
  /** Whether the backend has NVIDIA's libraries, or used a GPU without them. */
  readonly gpu: boolean;
  /** The Node-API level that the addon was compiled for. */
  readonly nodeApi: number;
  /** Platform and architecture: `linux-x64`. */
  readonly platform: string;
  /** Hash of the addons' sources and compiler flags. */
  readonly addonSource: string;
  /** `pip`, or the path of the wheel or directory it was built from. */
  readonly from: string;
  /** Fingerprint that distinguishes local sources at the same path; empty for pip. */
  readonly fingerprint: string;
  /** When an installation last requested it. */
  readonly installedAt: string;
  /** State of the files when the self-test passed. */
  readonly files: BackendFiles;
}

export interface BackendFile {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Modification time in milliseconds since 1970. */
  readonly changed: number;
}

/** Files by their path in the backend directory. */
export type BackendFiles = Readonly<Record<string, BackendFile>>;

const text = {type: 'string'};
const object = (properties: Record<string, object>): ObjectSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const file = object({
  bytes: {type: 'integer'},
  sha256: {type: 'string', pattern: '^[0-9a-f]{64}$'},
  changed: {type: 'number'},
});

const manifestSchema: ObjectSchema = object({
  tensorflow: text,
  gpu: {type: 'boolean'},
  nodeApi: {type: 'integer'},
  platform: text,
  addonSource: text,
  from: text,
  fingerprint: text,
  installedAt: text,
  files: {...object({[ADDON_FILE]: file, [GUARD_FILE]: file}), additionalProperties: file},
});

/**
 * A backend that passed its self-test and is in its final directory.
 *
 * @example
 * const {tensorflow, gpu, directory}: InstalledBackend = await installBackend();
 */
export interface InstalledBackend extends BackendManifest {
  readonly directory: string;
}

export const PLATFORM = `${process.platform}-${process.arch}`;

const STAGING_PREFIX = '.making-';

/** Paths inside a backend directory. Only relative paths are stored in it, because it is moved after the self-test. */
export const addonPath = (directory: string): string => join(directory, ADDON_FILE);
export const guardPath = (directory: string): string => join(directory, GUARD_FILE);
export const librariesDirectory = (directory: string): string => join(directory, 'tensorflow');
/** Directory of the CUDA libraries, one folder per package. TensorFlow searches it next to its own folder. */
export const cudaDirectory = (directory: string): string => join(directory, 'nvidia');
const manifestPath = (directory: string): string => join(directory, MANIFEST_FILE);

export const backendsDirectory = (cache: string): string => join(cache, 'engines');

/** Directory name of a backend: `tensorflow-2.21.0-cpu-napi8-linux-x64-1a2b3c4d`, plus the fingerprint if it does not come from pip. */
export function backendKey({
  tensorflow,
  gpu,
  nodeApi,
  platform,
  addonSource,
  fingerprint,
}: BackendManifest): string {
  const parts = [
    'tensorflow',
    tensorflow,
    gpu ? 'gpu' : 'cpu',
    `napi${nodeApi}`,
    platform,
    addonSource.slice(0, 8),
    fingerprint,
  ];
  return parts.filter(part => part !== '').join('-');
}

/** A new staging directory. Its content is renamed into place when complete; leftovers are removed by a later installation. */
export const stagingDirectory = (cache: string): string =>
  join(backendsDirectory(cache), `${STAGING_PREFIX}${randomUUID().slice(0, 8)}`);

/** Removes the staging directories of interrupted installations. The caller holds the installation lock. */
export async function removeStaleStaging(cache: string): Promise<void> {
  const leftovers = (await readdir(backendsDirectory(cache))).filter(name =>
    name.startsWith(STAGING_PREFIX),
  );
  await Promise.all(
    leftovers.map(name => rm(join(backendsDirectory(cache), name), {recursive: true, force: true})),
  );
}

/** Writes the manifest of a backend atomically. */
export async function writeManifest(
  directory: string,
  manifest: BackendManifest,
): Promise<InstalledBackend> {
  await writeFileAtomic(manifestPath(directory), JSON.stringify(manifest, null, 2));
  return {...manifest, directory};
}

/** Reads the manifest of a backend. Returns undefined if it is missing, truncated or invalid; the backend is then built again. */
function readInstalledBackend(directory: string): InstalledBackend | undefined {
  try {
    const document: unknown = JSON.parse(readFileSync(manifestPath(directory), 'utf8'));
    return {...validate<BackendManifest>(manifestSchema, document, directory), directory};
  } catch (error) {
    if (
      error instanceof SchemaError ||
      error instanceof SyntaxError ||
      error instanceof RangeError ||
      'syscall' in Object(error)
    )
      return undefined;
    throw error;
  }
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Installed backends that this Node can load on this machine, the most recently requested first. */
export function listInstalledBackends(cache: string): InstalledBackend[] {
  const backends = backendsDirectory(cache);
  return listNames(backends)
    .filter(name => !name.startsWith(STAGING_PREFIX))
    .map(name => readInstalledBackend(join(backends, name)))
    .filter(backend => backend !== undefined)
    .filter(
      backend =>
        backend.nodeApi === NODE_API &&
        backend.platform === PLATFORM &&
        backend.addonSource === ADDON_SOURCE_HASH,
    )
    .sort((a, b) => b.installedAt.localeCompare(a.installedAt));
}
