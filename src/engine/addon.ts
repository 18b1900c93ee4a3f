import {execFile} from 'node:child_process';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {addonOf, librariesOf, NODE_API} from './engine-directory.js';
import {LIBRARIES} from './wheel.js';

const SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];

export const addonSources = (tfjsPackage: string): string[] => SOURCES.map(name => join(tfjsPackage, 'binding', name));

/**
 * Compiles tfjs-node-gpu's two binding sources against the libraries in an engine directory. The rpath is relative to the addon, so
 * that the directory can be moved.
 */
export async function compileAddon(tfjsPackage: string, engine: string, signal?: AbortSignal): Promise<void> {
  const {include_dir: nodeHeaders} = createRequire(import.meta.url)('node-api-headers') as {include_dir: string};
  const libraries = librariesOf(engine);
  const commandLine = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-s', '-DBUILDING_NODE_EXTENSION', `-DNAPI_VERSION=${NODE_API}`],
    ...['-I', nodeHeaders, '-I', join(libraries, 'include'), '-I', tfjsPackage],
    ...addonSources(tfjsPackage),
    ...LIBRARIES.map(name => join(libraries, name)),
    ...['-Wl,-rpath,$ORIGIN/tensorflow', '-o', addonOf(engine)],
  ];
  await promisify(execFile)(process.env.CXX ?? 'g++', commandLine, {...(signal && {signal})});
}
