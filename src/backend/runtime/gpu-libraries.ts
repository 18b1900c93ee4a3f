import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {cudaDirectory} from '../install/backend-directory.js';
import {findErrorLine, runSubprocess} from '../install/subprocess.js';

/** Libraries that TensorFlow 2.21 opens before it uses a GPU. The first comes with the driver, the others with NVIDIA's wheels. */
const GPU_LIBRARIES = [
  'libcuda.so.1',
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
  'libcudnn.so.9',
];

/** Loads each library as if it were an addon. The error message shows whether the library itself could be opened. */
const LIBRARY_PROBE = `
for (const library of process.argv.slice(1)) {
  try { process.dlopen({exports: {}}, library); }
  catch (refusal) { if (/cannot open|undefined symbol|not found/.test(refusal.message)) throw refusal; }
}`;

/**
 * Why TensorFlow cannot use a GPU, as the loader reports it: `libcudnn.so.9: cannot open shared object file`. Undefined if all libraries
 * load.
 */
export async function findMissingGpuLibrary(
  directory: string | undefined,
): Promise<string | undefined> {
  const nvidia = directory === undefined ? '' : cudaDirectory(directory);
  const folders = existsSync(nvidia)
    ? readdirSync(nvidia).map(name => join(nvidia, name, 'lib'))
    : [];
  const paths = GPU_LIBRARIES.map(
    library => folders.map(folder => join(folder, library)).find(existsSync) ?? library,
  );
  const result = await runSubprocess([process.execPath, '-e', LIBRARY_PROBE, ...paths]);
  return result?.code === 0 ? undefined : result && findErrorLine(result).replace('Error: ', '');
}
