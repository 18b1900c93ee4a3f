import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {sha256} from '../../core/files/sha256.js';
import {BackendError} from '../backend-error.js';

/** Node-API level: tfjs-node-gpu uses the highest of 3..8 that Node supports, and every Node since 20 supports 8. */
export const NODE_API = 8;

const SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];
const HEADERS = [
  'napi_auto_ref.h',
  'tf_auto_status.h',
  'tf_auto_tensor.h',
  'tfe_auto_op.h',
  'tfjs_backend.h',
  'utils.h',
];

/** sha256 of these sources in this order, as in tfjs-node-gpu 4.22.0: only tested sources are compiled. */
const SOURCES_SHA256 = '69c584eb0cf11a6c9ae795dd9e3e4d09001e5ac55ba8eb94a407872e54c06f89';

/** Source of this project's own addon, which is loaded before TensorFlow. */
export const GUARD_SOURCE_FILE = fileURLToPath(
  new URL('../../../../native/guard.cc', import.meta.url),
);

/** macOS lacks `memfd_create`, which the guard calls. This header brings it. */
const MACOS_HEADER_FILE = fileURLToPath(new URL('../../../../native/macos.h', import.meta.url));

/** How to link an addon. The rpath is relative to the addon, so that a backend directory can be moved. */
const LINKER_FLAGS: Readonly<Record<'linux' | 'darwin', readonly string[]>> = {
  linux: ['-shared', '-s', `-DNAPI_VERSION=${NODE_API}`, '-Wl,-rpath,$ORIGIN/tensorflow'],
  // Node's own functions are found when the addon is loaded. The libraries' install names begin with @rpath.
  darwin: [
    ...['-shared', '-undefined', 'dynamic_lookup', '-mmacosx-version-min=12.0'],
    ...['-include', MACOS_HEADER_FILE, `-DNAPI_VERSION=${NODE_API}`],
    '-Wl,-rpath,@loader_path/tensorflow',
  ],
};

/** Compiler flags for a platform. */
export const compilerFlags = (platform: string = process.platform): readonly string[] => [
  ...['-std=c++17', '-O2', '-fPIC'],
  ...LINKER_FLAGS[platform === 'darwin' ? 'darwin' : 'linux'],
];

/** Hash of the addons' sources and compiler flags. Flags are told apart by name, not by where this package is. */
export const ADDON_SOURCE_HASH = sha256(
  SOURCES_SHA256,
  ...compilerFlags().filter(flag => flag !== MACOS_HEADER_FILE),
  readFileSync(GUARD_SOURCE_FILE),
  ...(process.platform === 'darwin' ? [readFileSync(MACOS_HEADER_FILE)] : []),
);

export const addonSourceFiles = (tfjsPackage: string): string[] =>
  SOURCES.map(name => join(tfjsPackage, 'binding', name));

/** @throws BackendError if the package holds other sources than the tested ones */
export function checkAddonSources(tfjsPackage: string): void {
  const contents = [...SOURCES, ...HEADERS].map(name =>
    readFileSync(join(tfjsPackage, 'binding', name)),
  );
  if (sha256(...contents) === SOURCES_SHA256) return;
  throw new BackendError(
    {step: 'compile'},
    `The binding sources in ${tfjsPackage} are not those of @tensorflow/tfjs-node-gpu 4.22.0. Install that version.`,
  );
}
