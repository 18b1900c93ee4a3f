import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {sha256} from '../../core/files/sha256.js';
import {BackendError} from '../backend-error.js';

/** tfjs-node-gpu uses the highest of 3..8 that Node supports, and every Node from 20 on supports 8. */
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

/** sha256 of the sources above, in that order, as tfjs-node-gpu 4.22.0 has them: what is compiled is what was tried. */
const SOURCES_SHA256 = '69c584eb0cf11a6c9ae795dd9e3e4d09001e5ac55ba8eb94a407872e54c06f89';

/** The addon of our own that is loaded before TensorFlow. */
export const GUARD_SOURCE_FILE = fileURLToPath(
  new URL('../../../../native/guard.cc', import.meta.url),
);

/** The rpath is relative to the addon, so that a backend directory can be moved. */
export const COMPILER_FLAGS = [
  '-std=c++17',
  '-O2',
  '-fPIC',
  '-shared',
  '-s',
  `-DNAPI_VERSION=${NODE_API}`,
  '-Wl,-rpath,$ORIGIN/tensorflow',
];

/** Tells addons apart that were made from other sources or in another way. */
export const ADDON_SOURCE_HASH = sha256(
  SOURCES_SHA256,
  ...COMPILER_FLAGS,
  readFileSync(GUARD_SOURCE_FILE),
);

export const addonSourceFiles = (tfjsPackage: string): string[] =>
  SOURCES.map(name => join(tfjsPackage, 'binding', name));

/** @throws BackendError where the package holds other sources than those this was written for */
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
