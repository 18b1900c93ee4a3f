import {readdir, stat} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {cacheDirectory} from '../../core/files/cache-directory.js';
import {BackendError} from '../backend-error.js';
import {
  backendsDirectory,
  listInstalledBackends,
  PLATFORM,
  type InstalledBackend,
} from '../install/backend-directory.js';
import {detectPlatform, requireSupportedPlatform} from '../install/machine.js';
import {findErrorLine, runSubprocess} from '../install/subprocess.js';
import {installSize, type InstallSize} from '../install/wheels/tensorflow-wheels.js';
import type {BackendInfo, BackendName} from './backend-info.js';
import type {ResolvedBackendOptions} from './backend-options.js';
import type {BackendBenchmark} from './benchmark.js';
import {listGpus} from './device.js';

/** A backend on a device, and whether this machine can use it. */
export interface ListedBackend {
  readonly backend: BackendName;
  readonly device: 'cpu' | 'gpu';
  /** `used`: a command with the same options computes with it. `ready`: it would if it were asked for. */
  readonly state: 'used' | 'ready' | 'not-installed' | 'unavailable';
  /** Why it is in this state. A message for users. */
  readonly reason: string;
  readonly directory?: string;
  /** What is on disk. The CPU and the GPU may share a directory. */
  readonly diskBytes?: number;
  /** What an installation downloads and keeps, if there is none. */
  readonly installation?: InstallSize;
  /** Measured if it is used or ready, and computes. */
  readonly gflops?: BackendBenchmark;
}

type Listed = Omit<ListedBackend, 'gflops'>;

/** The environment before a backend starts, which changes it. */
const ENVIRONMENT = {...process.env};

const BENCHMARK_PROGRAM = fileURLToPath(new URL('./benchmark-process.js', import.meta.url));

/** Measures a backend in a process of its own, as a process has one backend. */
async function benchmarkInChild(
  listed: Listed,
  signal: AbortSignal | undefined,
): Promise<ListedBackend> {
  const program = [process.execPath, BENCHMARK_PROGRAM, listed.backend, listed.device] as const;
  const result = await runSubprocess(program, {environment: ENVIRONMENT, signal});
  const line = result?.output.trimEnd().split('\n').at(-1) ?? '';
  if (result?.code === 0) return {...listed, gflops: JSON.parse(line) as BackendBenchmark};
  const reason = `It does not start: ${result === undefined ? 'no Node to run it' : findErrorLine(result)}.`;
  return {...listed, state: 'unavailable', reason};
}

const installedBytes = ({files}: InstalledBackend): number =>
  Object.values(files).reduce((sum, {bytes}) => sum + bytes, 0);

async function directoryBytes(directory: string): Promise<number> {
  const entries = await readdir(directory, {recursive: true, withFileTypes: true});
  const files = entries.filter(entry => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({parentPath, name}) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

type Placed = Pick<ListedBackend, 'directory' | 'diskBytes'>;

const place = (backend: InstalledBackend | undefined): Placed | undefined =>
  backend && {directory: backend.directory, diskBytes: installedBytes(backend)};

/** Why nothing of TensorFlow can be installed here. */
function findPlatformProblem(): string | undefined {
  try {
    requireSupportedPlatform(detectPlatform());
    return undefined;
  } catch (error) {
    if (error instanceof BackendError) return error.message;
    throw error;
  }
}

function notInstalled(device: 'cpu' | 'gpu'): Listed {
  return {
    ...{backend: 'tensorflow', device, state: 'not-installed'},
    reason: 'Install it: finetune backend install.',
    installation: installSize(device === 'gpu', PLATFORM),
  };
}

function listTensorFlow(
  device: 'cpu' | 'gpu',
  installed: readonly InstalledBackend[],
  gpuCount: number,
): Listed {
  const name = {backend: 'tensorflow', device} as const;
  const problem = findPlatformProblem();
  if (problem !== undefined) return {...name, state: 'unavailable', reason: problem};
  const wantsCuda = device === 'gpu';
  if (wantsCuda && gpuCount === 0)
    return {
      ...{...name, state: 'unavailable'},
      reason: 'There is no NVIDIA GPU (nvidia-smi lists none).',
    };
  const exact = installed.find(({gpu}) => gpu === wantsCuda);
  const found = exact ?? (wantsCuda ? undefined : installed[0]);
  if (found === undefined) return notInstalled(device);
  const reason = `Choose it with --backend tensorflow --device ${device}.`;
  return {...name, state: 'ready', reason, ...place(found)};
}

async function listWasm(): Promise<Listed> {
  const require = createRequire(import.meta.url);
  const directory = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  return {
    ...{backend: 'wasm', device: 'cpu', state: 'ready', directory},
    diskBytes: await directoryBytes(directory),
    reason: 'Slower, on one thread. Choose it with --backend wasm.',
  };
}

/** Why the running backend is the one that runs. */
function explainChoice(
  {backend, device, fallbackReason}: BackendInfo,
  requested: ResolvedBackendOptions,
  gpuCount: number,
): string {
  if (fallbackReason !== undefined) return fallbackReason;
  if (requested.backend !== 'auto')
    return `--backend ${requested.backend} or FINETUNE_BACKEND asks for it.`;
  if (backend === 'wasm') return 'TensorFlow is not installed.';
  if (device === 'gpu') return 'TensorFlow is installed, and there is an NVIDIA GPU.';
  if (requested.device === 'cpu')
    return 'TensorFlow is installed, and --device or FINETUNE_DEVICE asks for the CPU.';
  return `TensorFlow is installed, and there is ${gpuCount === 0 ? 'no' : 'an'} NVIDIA GPU.`;
}

/** What is known about the backend that runs. */
export interface RunningBackend {
  readonly info: BackendInfo;
  readonly gflops: BackendBenchmark;
  readonly requested: ResolvedBackendOptions;
}

/** Every backend, in order of preference: which one runs, why, how fast each one here computes, and what it takes on disk. */
export async function listBackends(
  {info, gflops, requested}: RunningBackend,
  signal?: AbortSignal,
): Promise<ListedBackend[]> {
  const installed = listInstalledBackends(cacheDirectory());
  const gpuCount = (await listGpus(ENVIRONMENT)).length;
  const listed = [
    listTensorFlow('gpu', installed, gpuCount),
    listTensorFlow('cpu', installed, gpuCount),
    await listWasm(),
  ];
  const backends: ListedBackend[] = [];
  for (const entry of listed) {
    const isRunning = entry.backend === info.backend && entry.device === info.device;
    if (isRunning) {
      const reason = explainChoice(info, requested, gpuCount);
      backends.push({...entry, state: 'used', reason, gflops});
      continue;
    }
    backends.push(entry.state === 'ready' ? await benchmarkInChild(entry, signal) : entry);
  }
  return backends;
}

/** Directories of backends that this version of finetune cannot load, with their sizes. They may be removed. */
export async function findUnusedBackends(): Promise<{directory: string; bytes: number}[]> {
  const root = backendsDirectory(cacheDirectory());
  const loadable = new Set(listInstalledBackends(cacheDirectory()).map(({directory}) => directory));
  const names = await readdir(root).catch(() => []);
  const unused = names
    .filter(name => name.startsWith('tensorflow-'))
    .map(name => join(root, name))
    .filter(directory => !loadable.has(directory));
  return Promise.all(
    unused.map(async directory => ({directory, bytes: await directoryBytes(directory)})),
  );
}
