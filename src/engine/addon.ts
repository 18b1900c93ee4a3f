import {createRequire} from 'node:module';
import {join} from 'node:path';
import {addonSources, checkAddonSources, FLAGS, GUARD_SOURCE} from './addon-source.js';
import {complaint, runCommand} from './command.js';
import {addonOf, guardOf, librariesOf} from './engine-directory.js';
import {EngineError} from './engine-error.js';
import {LIBRARIES} from './wheel.js';

/** The C++ compilers to try, as command lines: `CXX` alone where it is set. */
function compilers(environment: NodeJS.ProcessEnv = process.env): readonly (readonly [string, ...string[]])[] {
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

/** Compiles tfjs-node-gpu's two binding sources against the libraries in an engine directory, and the addon that goes before them. */
export async function compileAddons(tfjsPackage: string, engine: string, options: CompileOptions): Promise<void> {
  checkAddonSources(tfjsPackage);
  const headers = [join(librariesOf(engine), 'include'), tfjsPackage].flatMap(directory => ['-I', directory]);
  const libraries = LIBRARIES.map(name => join(librariesOf(engine), name));
  await compile([...headers, ...addonSources(tfjsPackage), ...libraries], addonOf(engine), options);
  await compile([GUARD_SOURCE], guardOf(engine), options);
}

async function compile(inputs: readonly string[], output: string, {compiler, environment, signal}: CompileOptions): Promise<void> {
  const {include_dir: nodeHeaders} = createRequire(import.meta.url)('node-api-headers') as {include_dir: string};
  const result = await runCommand([...compiler, ...FLAGS, '-I', nodeHeaders, ...inputs, '-o', output], {environment, signal});
  if (result?.code === 0) return;
  const found = result === undefined ? 'no compiler' : complaint(result);
  throw new EngineError('compile', `Expected ${compiler.join(' ')} to compile TensorFlow's addon, but found: ${found}.`);
}
