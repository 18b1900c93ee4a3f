import type {Command} from './bench-command.js';
import {execFile} from 'node:child_process';
import {mkdirSync, mkdtempSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {cacheDirectory} from '../src/core/files/cache-directory.js';
import type {Reading} from './reading.js';
import type {SideSpec} from './rows.js';
import {openJob, openWorker, type Side} from './side.js';

/** Root of the project, from dist/bench. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What is the same for all sides. */
export interface BenchSetup {
  readonly data: string;
  /** The stage-3 file of Keras' ResNet-50; absent where there is none. */
  readonly weights?: string;
  readonly threads: number;
  /** Put before every command: pins it to the same cores. */
  readonly pinning: readonly string[];
  readonly python: string;
  /** For what the sides write; removed at the end. */
  readonly scratch: string;
}

/** Accuracy that the whole job is to reach. */
const TARGET_ACCURACY = 0.92;

const pinCommand = (
  {pinning}: BenchSetup,
  program: string,
  parameters: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Command => {
  const [first, ...rest] = [...pinning, program, ...parameters] as [string, ...string[]];
  return {program: first, parameters: rest, ...(environment !== undefined && {environment})};
};

const scriptPath = (name: string): string => join(ROOT, 'bench', 'pytorch', `${name}.py`);

function workerCommand({by, task, options}: SideSpec, setup: BenchSetup): Command {
  const message = JSON.stringify({data: setup.data, threads: setup.threads, ...options});
  if (by === 'pytorch')
    return pinCommand(setup, setup.python, [scriptPath('worker'), task, message]);
  // As many threads to decode on as the peer's DataLoader has workers.
  const environment = {UV_THREADPOOL_SIZE: String(setup.threads)};
  return pinCommand(
    setup,
    process.execPath,
    [join(ROOT, 'dist', 'bench', 'ours', 'worker.js'), task, message],
    environment,
  );
}

/** A cache directory with nothing in it but the backend. */
function makeEmptyCache({scratch}: BenchSetup): string {
  const cache = mkdtempSync(join(scratch, 'cache-'));
  symlinkSync(join(cacheDirectory(), 'engines'), join(cache, 'engines'));
  return cache;
}

/** Our command line: features of the frozen backbone once, then its head. */
function openOwnJob({options}: SideSpec, setup: BenchSetup): Side {
  const warm = options.cache === 'warm' ? makeEmptyCache(setup) : undefined;
  const commandOf = (repeat: number): Command => {
    const out = join(setup.scratch, `run-${options.cache}-${repeat}`);
    const dataArgs = [
      '--data',
      setup.data,
      '--arch',
      'resnet50',
      '--weights',
      setup.weights!,
      '--last-stage',
      '3',
    ];
    // What is cached of varied images depends on the seed.
    const seed = warm === undefined ? repeat : 0;
    const trainArgs = [
      '--freeze',
      'probe',
      '--seed',
      String(seed),
      '--out',
      out,
      '--overwrite',
      '--offline',
      '--json',
    ];
    return pinCommand(
      setup,
      process.execPath,
      [join(ROOT, 'dist', 'src', 'cli', 'main.cjs'), ...dataArgs, ...trainArgs],
      {
        FINETUNE_CACHE: warm ?? makeEmptyCache(setup),
        TF_NUM_INTRAOP_THREADS: String(setup.threads),
      },
    );
  };
  const read = (output: unknown): Omit<Reading, 'seconds'> => {
    const {metrics} = output as {metrics: {validation: {accuracy: number; count: number}}};
    return {images: metrics.validation.count, accuracy: metrics.validation.accuracy};
  };
  return openJob(commandOf, read);
}

function openTorchJob({task}: SideSpec, setup: BenchSetup): Side {
  mkdirSync(setup.scratch, {recursive: true});
  const {data, weights, threads, scratch} = setup;
  const commandOf = (repeat: number): Command => {
    const message = {
      data,
      weights,
      threads,
      accuracy: TARGET_ACCURACY,
      seed: repeat,
      out: join(scratch, `peer-${repeat}.pt`),
    };
    return pinCommand(setup, setup.python, [scriptPath(task), JSON.stringify(message)]);
  };
  return openJob(commandOf, output => output as Omit<Reading, 'seconds'>);
}

/** Starts a side; a worker is warm when it is there. */
export async function openSide(spec: SideSpec, setup: BenchSetup): Promise<Side> {
  if (spec.kind === 'worker') return openWorker(workerCommand(spec, setup));
  const side = spec.by === 'ours' ? openOwnJob(spec, setup) : openTorchJob(spec, setup);
  if (spec.options.cache === 'warm') await side.takeReading();
  return side;
}

/** Versions of what computes on our side; oneDNN's is what it says of itself. */
export async function backendVersions(setup: BenchSetup): Promise<Record<string, string>> {
  const spec: SideSpec = {kind: 'worker', by: 'ours', task: 'versions', options: {}};
  const {program, parameters} = workerCommand(spec, setup);
  const {stdout} = await promisify(execFile)(program, parameters, {
    env: {...process.env, ONEDNN_VERBOSE: '1'},
  });
  const oneDnn = /info,oneDNN v(\S+)/.exec(stdout)?.[1];
  const message = JSON.parse(stdout.split('\n').find(line => line.startsWith('{'))!) as Record<
    string,
    string
  >;
  return {...message, ...(oneDnn !== undefined && {'oneDNN of TensorFlow': oneDnn})};
}
