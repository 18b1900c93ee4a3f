import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {NODE_API} from '../install/addon-source.js';
import {setTensorFlow, type TensorFlow} from '../tensorflow.js';

/**
 * Restores two functions of `util` that tfjs-node-gpu calls. Node 23 removed them (tensorflow/tfjs#8425), and Node 22 warns about them.
 * Must run before it is loaded.
 */
function restoreRemovedUtil(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}

/**
 * Loads tfjs-node-gpu's JavaScript with an addon, and sets `tf` to the copy of tfjs that the package uses. Nothing is written into
 * node_modules: the package asks node-pre-gyp for the addon's path, and that function is replaced while it loads.
 * @param addon undefined for the package's stock addon
 */
export function loadTensorFlow(tfjsPackage: string, addon?: string): void {
  restoreRemovedUtil();
  const require = createRequire(join(tfjsPackage, 'package.json'));
  const locator = require('@mapbox/node-pre-gyp/lib/pre-binding') as {
    find: (path: string) => string;
  };
  const {find} = locator;
  if (addon !== undefined) locator.find = () => addon;
  try {
    require(tfjsPackage);
  } finally {
    locator.find = find;
  }
  setTensorFlow(require('@tensorflow/tfjs') as TensorFlow);
}

/** Loads tfjs-node-gpu with the addon from its install script. @returns whether there is one and it loads */
export function loadStockAddon(tfjsPackage: string | undefined): boolean {
  if (
    tfjsPackage === undefined ||
    !existsSync(join(tfjsPackage, 'lib', `napi-v${NODE_API}`, 'tfjs_binding.node'))
  )
    return false;
  try {
    loadTensorFlow(tfjsPackage);
    return true;
  } catch {
    return false;
  }
}
