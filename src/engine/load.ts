import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {TensorFlow} from './tensorflow.js';

const ours = createRequire(import.meta.url);

/** The engine's package on npm; it holds the JavaScript above the addon, and the addon's sources. */
export const TFJS_PACKAGE = '@tensorflow/tfjs-node-gpu';

/** The directory of tfjs-node-gpu among our dependencies, or below `nodePackages`; npm leaves an optional package out when it fails. */
export function findTfjsPackage(nodePackages?: string): string | undefined {
  const installed = nodePackages === undefined ? undefined : join(nodePackages, 'node_modules', TFJS_PACKAGE);
  if (installed !== undefined && existsSync(installed)) return installed;
  try {
    return dirname(ours.resolve(`${TFJS_PACKAGE}/package.json`));
  } catch {
    return undefined;
  }
}

/** tfjs-node-gpu calls two functions of `util` that Node 23 removed (tensorflow/tfjs#8425). Must run before it is loaded. */
function restoreRemovedUtil(): void {
  const removed = ours('node:util') as Record<string, unknown>;
  removed.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  removed.isArray ??= Array.isArray;
}

/**
 * Loads tfjs-node-gpu's JavaScript over an addon of our own, or over its stock one. Nothing is written into node_modules: the package
 * asks node-pre-gyp where its addon lies, and that answer is ours for the time of the load.
 * @returns the copy of tfjs that the package itself uses
 */
export function loadNative(tfjsPackage: string, addon?: string): TensorFlow {
  restoreRemovedUtil();
  const require = createRequire(join(tfjsPackage, 'package.json'));
  const locator = require('@mapbox/node-pre-gyp/lib/pre-binding') as {find: (path: string) => string};
  const {find} = locator;
  if (addon !== undefined) locator.find = () => addon;
  try {
    require(tfjsPackage);
  } finally {
    locator.find = find;
  }
  return require('@tensorflow/tfjs') as TensorFlow;
}
