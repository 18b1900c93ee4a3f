import {mkdirSync, symlinkSync} from 'node:fs';
import {basename, join} from 'node:path';
import {backendsDirectory} from '../../src/backend/install/backend-directory.js';
import {ensureTfjsPackage} from '../../src/backend/install/install.js';
import {findTfjsPackage} from '../../src/backend/install/tfjs-package.js';
import {temporaryDirectory} from './temporary.js';

/**
 * A cache without a backend in which tfjs-node-gpu is found all the same: npm until version 10 runs its script, and removes it from
 * node_modules when that fails.
 */
export async function freshCache(): Promise<string> {
  const cache = temporaryDirectory();
  if (findTfjsPackage(cache) !== undefined) return cache;
  const copy = join(await ensureTfjsPackage({}), '..', '..', '..');
  mkdirSync(backendsDirectory(cache));
  symlinkSync(copy, join(backendsDirectory(cache), basename(copy)));
  return cache;
}
