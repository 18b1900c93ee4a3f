import {createRequire} from 'node:module';
import {join} from 'node:path';
import {addonSources, checkAddonSources, FLAGS} from './addon-source.js';
import {complaint, runCommand} from './command.js';
import {addonOf, librariesOf} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import {LIBRARIES} from './wheel.js';

/** The C++ compilers to try, as command lines: `CXX` alone where it is set. */
export function compilers(environment: NodeJS.ProcessEnv = process.env): readonly (readonly [string, ...string[]])[] {
  const [program, ...rest] = (environment.CXX ?? '').split(' ').filter(word => word !== '');
  return program === undefined ? [['g++'], ['c++'], ['clang++']] : [[program, ...rest]];
}

/** The first compiler that answers. @throws EngineError where none does */
export async function findCompiler(environment: NodeJS.ProcessEnv = process.env): Promise<readonly [string, ...string[]]> {
  for (const compiler of compilers(environment)) {
    const result = await runCommand([...compiler, '--version'], {environment});
    if (result?.code === 0) return compiler;
  }
  const tried = compilers(environment)
    .map(words => words.join(' '))
    .join(', ');
  throw new EngineError(
    'compile',
    `Expected a C++ compiler for TensorFlow's addon, but found none (tried ${tried}). Install g++ and run finetune engine install.`,
  );
}

export interface CompileOptions {
  readonly compiler: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Compiles tfjs-node-gpu's two binding sources against the libraries and headers in an engine directory, 15 seconds or so. */
export async function compileAddon(tfjsPackage: string, engine: string, {compiler, environment, signal}: CompileOptions): Promise<void> {
  checkAddonSources(tfjsPackage);
  const {include_dir: nodeHeaders} = createRequire(import.meta.url)('node-api-headers') as {include_dir: string};
  const includes = [nodeHeaders, join(librariesOf(engine), 'include'), tfjsPackage].flatMap(directory => ['-I', directory]);
  const libraries = LIBRARIES.map(name => join(librariesOf(engine), name));
  const result = await runCommand([...compiler, ...FLAGS, ...includes, ...addonSources(tfjsPackage), ...libraries, '-o', addonOf(engine)], {
    environment,
    signal,
  });
  if (result?.code === 0) return;
  const found = result === undefined ? 'no compiler' : complaint(result);
  throw new EngineError('compile', `Expected ${compiler.join(' ')} to compile TensorFlow's addon, but found: ${found}.`);
}
