import {mkdir, readdir, rm, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {findErrorLine, runSubprocess, type SubprocessResult} from '../subprocess.js';
import {BackendError} from '../../backend-error.js';
import type {StepReport} from '../install-progress.js';
import type {WheelSpec} from './tensorflow-wheels.js';
import {verifyDownload} from './verify-wheel.js';

/** A command that runs pip: `['python3', '-m', 'pip']`. */
export type PipCommand = readonly [string, ...string[]];

const PIP_COMMANDS: readonly PipCommand[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['python', '-m', 'pip'],
  ['pip'],
  ['py', '-m', 'pip'],
];

/** The first working pip on PATH, of any Python version. @throws BackendError if there is none */
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
 * Downloads one wheel into `directory` with pip, without its dependencies. Only files with a pinned hash are accepted.
 * @throws BackendError with pip's message, or for a wheel with another sha256, which is removed
 */
export async function downloadWheel(
  {requirement, tagSets, sha256, downloadBytes}: WheelSpec,
  directory: string,
  options: PipDownloadOptions,
): Promise<string> {
  await mkdir(directory, {recursive: true});
  const before = new Set(await readdir(directory));
  let result: SubprocessResult | undefined;
  for (const tags of tagSets) {
    result = await runPip({requirement, tags, downloadBytes}, directory, options);
    if (result === undefined || !hasNoSuchWheel(result)) break;
  }
  const wheel = (await readdir(directory)).find(name => name.endsWith('.whl') && !before.has(name));
  if (result !== undefined && isSaved(result) && wheel !== undefined)
    return verifyDownload(join(directory, wheel), requirement, sha256);
  throw new BackendError(
    {step: 'download'},
    `pip cannot download ${requirement}: ${describeFailure(result)}. Check the connection and run finetune backend install, or give a wheel with --from FILE.`,
  );
}

/** pip 18 (Python 3.6) saves the wheel first and then fails, because the wheel does not match its own Python. */
const isSaved = ({code, output}: SubprocessResult): boolean =>
  code === 0 || output.includes('but the running Python is');

const isOffline = ({output}: SubprocessResult): boolean => output.includes('Retrying');

/** Whether the index has no matching wheel. pip prints the same message if it cannot reach the index. */
const hasNoSuchWheel = (result: SubprocessResult): boolean =>
  result.output.includes('No matching distribution') && !isOffline(result);

function describeFailure(result: SubprocessResult | undefined): string {
  if (result === undefined) return 'no pip';
  return isOffline(result) ? 'no connection to the package index' : findErrorLine(result);
}

interface PipRequest {
  readonly requirement: string;
  readonly tags: readonly string[];
  readonly downloadBytes: number;
}

/** Runs pip and measures the growing folder, because pip shows progress only on terminals. The wheel exists twice while pip copies it. */
async function runPip(
  {requirement, tags, downloadBytes}: PipRequest,
  directory: string,
  {pip, environment, report, signal}: PipDownloadOptions,
) {
  const partial = join(directory, 'partial');
  await mkdir(partial, {recursive: true});
  const initialSize = await folderSize(directory);
  // Until pip prints the size that the index sends, or where it is configured to be quiet.
  let total = downloadBytes;
  const reportSize = (size: number): void => {
    const bytes = size - initialSize;
    if (bytes > 0) report(Math.min(bytes, total), total);
  };
  const timer = setInterval(() => void folderSize(directory).then(reportSize), 250);
  try {
    return await runSubprocess(
      [
        ...pip,
        'download',
        // pip would keep a second copy of what is kept here.
        '--no-cache-dir',
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

/** Size in bytes from pip's `Downloading x.whl (273.8 MB)`. */
function parseDownloadSize(text: string): number | undefined {
  const match = /\((\d+(?:\.\d+)?) ?(k|M|G)B\)/.exec(text);
  return match === null
    ? undefined
    : Number(match[1]) * {k: 1e3, M: 1e6, G: 1e9}[match[2] as 'k' | 'M' | 'G'];
}

/** Total size in bytes of a directory that another process writes to. Files that vanish count as 0. */
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
