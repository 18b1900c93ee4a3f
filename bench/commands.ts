import {execFile} from 'node:child_process';
import {mkdirSync, mkdtempSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {cacheDirectory} from '../src/core/cache-directory.js';
import type {Reading} from './reading.js';
import type {SideSpec} from './rows.js';
import {openJob, openWorker, type Side} from './side.js';

/** Root of the project, from dist/bench. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** What is the same for all sides. */
export interface Setting {
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
const ACCURACY = 0.92;

const pinned = ({pinning}: Setting, program: string, parameters: readonly string[], environment?: NodeJS.ProcessEnv): Command => {
  const [first, ...rest] = [...pinning, program, ...parameters] as [string, ...string[]];
  return {program: first, parameters: rest, ...(environment !== undefined && {environment})};
};

const script = (name: string): string => join(ROOT, 'bench', 'pytorch', `${name}.py`);

function workerCommand({by, task, options}: SideSpec, setting: Setting): Command {
  const told = JSON.stringify({data: setting.data, threads: setting.threads, ...options});
  if (by === 'pytorch') return pinned(setting, setting.python, [script('worker'), task, told]);
  // As many threads to decode on as the peer's DataLoader has workers.
  const environment = {UV_THREADPOOL_SIZE: String(setting.threads)};
  return pinned(setting, process.execPath, [join(ROOT, 'dist', 'bench', 'ours', 'worker.js'), task, told], environment);
}

/** A cache directory with nothing in it but the engine. */
function emptyCache({scratch}: Setting): string {
  const made = mkdtempSync(join(scratch, 'cache-'));
  symlinkSync(join(cacheDirectory(), 'engines'), join(made, 'engines'));
  return made;
}

/** Our command line: features of the frozen backbone once, then its head. */
function ourJob({options}: SideSpec, setting: Setting): Side {
  const warm = options.cache === 'warm' ? emptyCache(setting) : undefined;
  const commandOf = (time: number): Command => {
    const out = join(setting.scratch, `run-${options.cache}-${time}`);
    const what = ['--data', setting.data, '--arch', 'resnet50', '--weights', setting.weights!, '--last-stage', '3'];
    // What is cached of varied pictures depends on the seed.
    const seed = warm === undefined ? time : 0;
    const how = ['--freeze', 'probe', '--seed', String(seed), '--out', out, '--overwrite', '--offline', '--json'];
    return pinned(setting, process.execPath, [join(ROOT, 'dist', 'src', 'cli', 'main.cjs'), ...what, ...how], {
      FINETUNE_CACHE: warm ?? emptyCache(setting),
      TF_NUM_INTRAOP_THREADS: String(setting.threads),
    });
  };
  const read = (printed: unknown): Omit<Reading, 'seconds'> => {
    const {metrics} = printed as {metrics: {validation: {accuracy: number; count: number}}};
    return {images: metrics.validation.count, accuracy: metrics.validation.accuracy};
  };
  return openJob(commandOf, read);
}

function torchJob({task}: SideSpec, setting: Setting): Side {
  mkdirSync(setting.scratch, {recursive: true});
  const {data, weights, threads, scratch} = setting;
  const commandOf = (time: number): Command => {
    const told = {data, weights, threads, accuracy: ACCURACY, seed: time, out: join(scratch, `peer-${time}.pt`)};
    return pinned(setting, setting.python, [script(task), JSON.stringify(told)]);
  };
  return openJob(commandOf, printed => printed as Omit<Reading, 'seconds'>);
}

/** Starts a side; a worker is warm when it is there. */
export async function open(spec: SideSpec, setting: Setting): Promise<Side> {
  if (spec.kind === 'worker') return openWorker(workerCommand(spec, setting));
  const side = spec.by === 'ours' ? ourJob(spec, setting) : torchJob(spec, setting);
  if (spec.options.cache === 'warm') await side.go();
  return side;
}

/** Versions of what computes on our side; oneDNN's is what it says of itself. */
export async function engineVersions(setting: Setting): Promise<Record<string, string>> {
  const spec: SideSpec = {kind: 'worker', by: 'ours', task: 'versions', options: {}};
  const {program, parameters} = workerCommand(spec, setting);
  const {stdout} = await promisify(execFile)(program, parameters, {env: {...process.env, ONEDNN_VERBOSE: '1'}});
  const oneDnn = /info,oneDNN v(\S+)/.exec(stdout)?.[1];
  const told = JSON.parse(stdout.split('\n').find(line => line.startsWith('{'))!) as Record<string, string>;
  return {...told, ...(oneDnn !== undefined && {'oneDNN of TensorFlow': oneDnn})};
}
