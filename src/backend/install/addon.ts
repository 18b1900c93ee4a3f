import {createRequire} from 'node:module';
import {join} from 'node:path';
import {
  addonSourceFiles,
  checkAddonSources,
  compilerFlags,
  GUARD_SOURCE_FILE,
} from './addon-source.js';
import {findErrorLine, runSubprocess} from './subprocess.js';
import {addonPath, guardPath, librariesDirectory} from './backend-directory.js';
import {BackendError} from '../backend-error.js';
import {tensorFlowLibraries} from './wheels/wheel.js';

/** C++ compilers to try, as command lines: only `CXX` if it is set. */
function compilerCandidates(
  environment: NodeJS.ProcessEnv = process.env,
): readonly (readonly [string, ...string[]])[] {
  const [program, ...rest] = (environment.CXX ?? '').split(' ').filter(argument => argument !== '');
  return program === undefined ? [['g++'], ['c++'], ['clang++']] : [[program, ...rest]];
}

const COMPILER_REMEDY =
  process.platform === 'darwin'
    ? "Install Apple's command line tools (xcode-select --install)"
    : 'Install g++';

/** The first compiler that runs. @throws BackendError if there is none */
export async function findCompiler(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<readonly [string, ...string[]]> {
  for (const compiler of compilerCandidates(environment)) {
    const result = await runSubprocess([...compiler, '--version'], {environment});
    if (result?.code === 0) return compiler;
  }
  const candidates = compilerCandidates(environment)
    .map(command => command.join(' '))
    .join(', ');
  throw new BackendError(
    {step: 'compile'},
    `There is no C++ compiler for TensorFlow's addon (tried ${candidates}). ${COMPILER_REMEDY} and run finetune backend install.`,
  );
}

export interface CompileAddonOptions {
  readonly compiler: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Compiles tfjs-node-gpu's two binding sources against the libraries in a backend directory, and the guard addon. */
export async function compileAddons(
  tfjsPackage: string,
  backendDirectory: string,
  options: CompileAddonOptions,
): Promise<void> {
  checkAddonSources(tfjsPackage);
  const headers = [join(librariesDirectory(backendDirectory), 'include'), tfjsPackage].flatMap(
    directory => ['-I', directory],
  );
  const libraries = tensorFlowLibraries().map(name =>
    join(librariesDirectory(backendDirectory), name),
  );
  await compile(
    [...headers, ...addonSourceFiles(tfjsPackage), ...libraries],
    addonPath(backendDirectory),
    options,
  );
  await compile([GUARD_SOURCE_FILE], guardPath(backendDirectory), options);
}

async function compile(
  inputs: readonly string[],
  output: string,
  {compiler, environment, signal}: CompileAddonOptions,
): Promise<void> {
  const {include_dir: nodeHeaders} = createRequire(import.meta.url)('node-api-headers') as {
    include_dir: string;
  };
  const result = await runSubprocess(
    [...compiler, ...compilerFlags(), '-I', nodeHeaders, ...inputs, '-o', output],
    {environment, signal},
  );
  if (result?.code === 0) return;
  const reason = result === undefined ? 'no compiler' : findErrorLine(result);
  throw new BackendError(
    {step: 'compile'},
    `${compiler.join(' ')} cannot compile TensorFlow's addon: ${reason}.`,
  );
}
