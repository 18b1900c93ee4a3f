import {mkdir, readdir, rm} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {sha256Of} from '../core/checksum.js';
import {complaint, runCommand, type CommandResult} from './command.js';
import {EngineError} from './engine-error.js';
import {folderSize} from './folder-size.js';
import type {StepReport} from './progress.js';
import type {WheelRequest} from './tensorflow-wheels.js';

/** A way to call pip: `['python3', '-m', 'pip']`. */
export type Pip = readonly [string, ...string[]];

const WAYS: readonly Pip[] = [['python3', '-m', 'pip'], ['pip3'], ['python', '-m', 'pip'], ['pip'], ['py', '-m', 'pip']];

/** The first pip on PATH that answers, of whatever Python. @throws EngineError where none does */
export async function findPip(environment: NodeJS.ProcessEnv = process.env): Promise<Pip> {
  for (const way of WAYS) {
    const result = await runCommand([...way, '--version'], {environment});
    if (result?.code === 0) return way;
  }
  throw new EngineError(
    'download',
    `Expected pip to download TensorFlow with, but found none (tried ${WAYS.map(way => way.join(' ')).join(', ')}). ` +
      "Install Python's pip, or give a wheel: finetune engine install --from FILE.",
  );
}

export interface DownloadOptions {
  readonly pip: Pip;
  readonly environment: NodeJS.ProcessEnv;
  readonly report: StepReport;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets pip download one wheel without its dependencies into `directory`. Which index pip asks is the user's affair, so what it brings is
 * taken only if it is a file that is known.
 * @throws EngineError with pip's own words, or for a wheel with another sha256, which is removed
 */
export async function downloadWheel(
  {requirement, tagSets, sha256}: WheelRequest,
  directory: string,
  options: DownloadOptions,
): Promise<string> {
  await mkdir(directory, {recursive: true});
  const before = new Set(await readdir(directory));
  let result: CommandResult | undefined;
  for (const tags of tagSets) {
    result = await callPip(requirement, tags, directory, options);
    if (result === undefined || !hasNoSuchWheel(result)) break;
  }
  const wheel = (await readdir(directory)).find(name => name.endsWith('.whl') && !before.has(name));
  if (result !== undefined && isSaved(result) && wheel !== undefined) return checkWheel(join(directory, wheel), requirement, sha256);
  throw new EngineError(
    'download',
    `Expected pip to download ${requirement}, but found: ${reason(result)}. ` +
      'Check the connection and run finetune engine install, or give a wheel with --from FILE.',
  );
}

async function checkWheel(wheel: string, requirement: string, sha256: readonly string[]): Promise<string> {
  const found = await sha256Of(wheel);
  if (sha256.includes(found)) return wheel;
  await rm(wheel);
  throw new EngineError(
    'download',
    `pip brought another ${basename(wheel)} than PyPI publishes for ${requirement} (its sha256 is ${found}). It was removed, and nothing in it was run. ` +
      'Check which index pip uses (pip config list); to use a wheel of your own all the same, say finetune engine install --from FILE.',
  );
}

/** pip 18, of Python 3.6, first saves the wheel and then refuses it, for the Python that it is itself run by. */
const isSaved = ({code, output}: CommandResult): boolean => code === 0 || output.includes('but the running Python is');

const isOffline = ({output}: CommandResult): boolean => output.includes('Retrying');

/** pip says the same when it cannot reach the index. */
const hasNoSuchWheel = (result: CommandResult): boolean => result.output.includes('No matching distribution') && !isOffline(result);

function reason(result: CommandResult | undefined): string {
  if (result === undefined) return 'no pip';
  return isOffline(result) ? 'no connection to the package index' : complaint(result);
}

/** pip shows progress only to terminals, so the folder it fills is measured instead; a wheel is there twice while pip copies it. */
async function callPip(
  requirement: string,
  tags: readonly string[],
  directory: string,
  {pip, environment, report, signal}: DownloadOptions,
) {
  const partial = join(directory, 'partial');
  await mkdir(partial, {recursive: true});
  const earlier = await folderSize(directory);
  let total: number | null = null;
  const tell = (size: number): void => {
    const bytes = size - earlier;
    if (bytes > 0) report(Math.min(bytes, total ?? bytes), total);
  };
  const measure = setInterval(() => void folderSize(directory).then(tell), 250);
  try {
    return await runCommand([...pip, 'download', '--no-deps', '--only-binary=:all:', ...tags, '--dest', directory, requirement], {
      environment: {...environment, TMPDIR: partial, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_REQUIRE_VIRTUALENV: '0'},
      signal,
      onOutput: text => (total = announcedSize(text) ?? total),
    });
  } finally {
    clearInterval(measure);
    await rm(partial, {recursive: true, force: true});
  }
}

/** Bytes, from pip's `Downloading x.whl (273.8 MB)`. */
function announcedSize(text: string): number | undefined {
  const match = /\((\d+(?:\.\d+)?) ?(k|M|G)B\)/.exec(text);
  return match === null ? undefined : Number(match[1]) * {k: 1e3, M: 1e6, G: 1e9}[match[2] as 'k' | 'M' | 'G'];
}
