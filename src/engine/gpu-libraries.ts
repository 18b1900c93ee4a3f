import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {cudaOf} from './engine-directory.js';
import {complaint, runCommand} from './command.js';

/** What TensorFlow 2.21 opens before it uses a GPU; the first comes with the driver, the others with NVIDIA's wheels. */
const LIBRARIES = [
  'libcuda.so.1',
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
  'libcudnn.so.9',
];

/** Opens each library as if it were an addon: one that opens gets another complaint than one that does not. */
const PROBE = `
for (const library of process.argv.slice(1)) {
  try { process.dlopen({exports: {}}, library); }
  catch (refusal) { if (/cannot open|undefined symbol|not found/.test(refusal.message)) throw refusal; }
}`;

/** Why TensorFlow cannot use a GPU, in the loader's words: `libcudnn.so.9: cannot open shared object file`; undefined where all load. */
export async function missingGpuLibrary(engine: string | undefined): Promise<string | undefined> {
  const nvidia = engine === undefined ? '' : cudaOf(engine);
  const folders = existsSync(nvidia) ? readdirSync(nvidia).map(name => join(nvidia, name, 'lib')) : [];
  const paths = LIBRARIES.map(library => folders.map(folder => join(folder, library)).find(existsSync) ?? library);
  const result = await runCommand([process.execPath, '-e', PROBE, ...paths]);
  return result?.code === 0 ? undefined : result && complaint(result).replace('Error: ', '');
}
