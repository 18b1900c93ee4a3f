import {mkdir, readdir, rm, stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {sha256File} from '../../../core/files/sha256.js';
import {findErrorLine, runSubprocess, type SubprocessResult} from '../subprocess.js';
import {BackendError} from '../../backend-error.js';
import type {StepReport} from '../install-progress.js';
import type {WheelSpec} from './tensorflow-wheels.js';

/** A way to call pip: `['python3', '-m', 'pip']`. */
export type PipCommand = readonly [string, ...string[]];

const PIP_COMMANDS: readonly PipCommand[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['python', '-m', 'pip'],
  ['pip'],
  ['py', '-m', 'pip'],
];

/** The first pip on PATH that answers, of whatever Python. @throws BackendError where none does */
export async function findPip(environment: NodeJS.ProcessEnv = process.env): Promise<PipCommand> {
  for (const command of PIP_COMMANDS) {
    const result = await runSubprocess([...command, '--version'], {environment});
    if (result?.code === 0) return command;
  }
  throw new BackendError(
    {step: 'download'},
    `There is no pip to download TensorFlow with (tried ${PIP_COMMANDS.map(command => command.join(' ')).join(', ')}). Install Python's pip, or give a wheel: finetune backend install --from FILE.`,
  );
}

export interface PipDownloadOptions {
  readonly pip: PipCommand;
  readonly environment: NodeJS.ProcessEnv;
  readonly report: StepReport;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets pip download one wheel without its dependencies into `directory`. Which index pip asks is the user's affair, so what it brings is
 * taken only if it is a file that is known.
 * @throws BackendError with pip's own words, or for a wheel with another sha256, which is removed
 */
export async function downloadWheel(
  {requirement, tagSets, sha256}: WheelSpec,
  directory: string,
  options: PipDownloadOptions,
): Promise<string> {
  await mkdir(directory, {recursive: true});
  const before = new Set(await readdir(directory));
  let result: SubprocessResult | undefined;
  for (const tags of tagSets) {
    result = await runPip(requirement, tags, directory, options);
    if (result === undefined || !hasNoSuchWheel(result)) break;
  }
  const wheel = (await readdir(directory)).find(name => name.endsWith('.whl') && !before.has(name));
  if (result !== undefined && isSaved(result) && wheel !== undefined)
    return checkWheel(join(directory, wheel), requirement, sha256);
  throw new BackendError(
    {step: 'download'},
    `pip cannot download ${requirement}: ${describeFailure(result)}. Check the connection and run finetune backend install, or give a wheel with --from FILE.`,
  );
}

async function checkWheel(
  wheel: string,
  requirement: string,
  sha256: readonly string[],
): Promise<string> {
  const actualSha256 = await sha256File(wheel);
  if (sha256.includes(actualSha256)) return wheel;
  await rm(wheel);
  throw new BackendError(
    {step: 'download'},
    `pip brought another ${basename(wheel)} than PyPI publishes for ${requirement} (its sha256 is ${actualSha256}). It was removed, and nothing in it was run. ` +
      'Check which index pip uses (pip config list); to use a wheel of your own all the same, say finetune backend install --from FILE.',
  );
}

/** pip 18, of Python 3.6, first saves the wheel and then refuses it, for the Python that it is itself run by. */
const isSaved = ({code, output}: SubprocessResult): boolean =>
  code === 0 || output.includes('but the running Python is');

const isOffline = ({output}: SubprocessResult): boolean => output.includes('Retrying');

/** pip says the same when it cannot reach the index. */
const hasNoSuchWheel = (result: SubprocessResult): boolean =>
  result.output.includes('No matching distribution') && !isOffline(result);

function describeFailure(result: SubprocessResult | undefined): string {
  if (result === undefined) return 'no pip';
  return isOffline(result) ? 'no connection to the package index' : findErrorLine(result);
}

/** pip shows progress only to terminals, so the folder it fills is measured instead; a wheel is there twice while pip copies it. */
async function runPip(
  requirement: string,
  tags: readonly string[],
  directory: string,
  {pip, environment, report, signal}: PipDownloadOptions,
) {
  const partial = join(directory, 'partial');
  await mkdir(partial, {recursive: true});
  const initialSize = await folderSize(directory);
  let total: number | null = null;
  const reportSize = (size: number): void => {
    const bytes = size - initialSize;
    if (bytes > 0) report(Math.min(bytes, total ?? bytes), total);
  };
  const timer = setInterval(() => void folderSize(directory).then(reportSize), 250);
  try {
    return await runSubprocess(
      [
        ...pip,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        ...tags,
        '--dest',
        directory,
        requirement,
      ],
      {
        environment: {
          ...environment,
          TMPDIR: partial,
          PIP_DISABLE_PIP_VERSION_CHECK: '1',
          PIP_REQUIRE_VIRTUALENV: '0',
        },
        signal,
        onOutput: text => (total = parseDownloadSize(text) ?? total),
      },
    );
  } finally {
    clearInterval(timer);
    await rm(partial, {recursive: true, force: true});
  }
}

/** Bytes, from pip's `Downloading x.whl (273.8 MB)`. */
function parseDownloadSize(text: string): number | undefined {
  const match = /\((\d+(?:\.\d+)?) ?(k|M|G)B\)/.exec(text);
  return match === null
    ? undefined
    : Number(match[1]) * {k: 1e3, M: 1e6, G: 1e9}[match[2] as 'k' | 'M' | 'G'];
}

/** Bytes of the files below a directory that others are writing to; what vanishes meanwhile counts nothing. */
async function folderSize(directory: string): Promise<number> {
  const names = await readdir(directory, {recursive: true}).catch(() => []);
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(directory, name)).then(
        found => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
