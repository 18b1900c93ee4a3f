import {execFile} from 'node:child_process';
import {cpSync, mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {EXAMPLES} from './examples.js';
import {temporaryDirectory} from './temporary.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Makes the package `finetune-inference`. @returns its folder */
export async function makeInferencePackage(): Promise<string> {
  await run(process.execPath, [join(ROOT, 'dist/scripts/inference-package.js')]);
  return join(ROOT, 'dist/inference-package');
}

/**
 * A copy of the examples where `finetune-inference` is found: by a link, so that it finds its dependencies among ours. The package test
 * installs it as users do.
 */
export async function examplesWithPackage(): Promise<string> {
  const folder = temporaryDirectory();
  cpSync(EXAMPLES, folder, {recursive: true});
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(await makeInferencePackage(), join(folder, 'node_modules/finetune-inference'));
  return folder;
}
