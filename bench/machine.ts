import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {availableParallelism, cpus, totalmem} from 'node:os';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** Where it was measured, and with what. */
export interface MachineInfo {
  readonly processor: string;
  readonly cores: number;
  /** GiB */
  readonly memory: number;
  /** Vector instructions, as Linux names them. */
  readonly flags: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

const VECTOR_FLAGS = ['avx2', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_bf16'];

/** Those of the vector instructions that a processor has, by the text of /proc/cpuinfo. */
export function vectorFlags(cpuinfo: string): string[] {
  const flags = new Set((/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '').split(' '));
  return VECTOR_FLAGS.filter(flag => flags.has(flag));
}

function cpuinfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

const TORCH_VERSIONS_SCRIPT = `import json, re, torch, torchvision
found = re.search(r"MKL-DNN v(\\S+)", torch.__config__.show())
print(json.dumps({"torch": torch.__version__, "torchvision": torchvision.__version__, "oneDNN of torch": found and found[1]}))`;

/** Versions of torch and what comes with it, or why there are none: one sentence. */
export async function torchVersions(python: string): Promise<Record<string, string> | string> {
  try {
    return JSON.parse((await run(python, ['-c', TORCH_VERSIONS_SCRIPT])).stdout) as Record<
      string,
      string
    >;
  } catch {
    return describeMissingTorch(python);
  }
}

export const describeMissingTorch = (python: string): string =>
  `${python} has no torch and torchvision, so only our own side is measured. ` +
  'Run pip install torch torchvision, and name its Python by --python.';

/** Cores that all sides are pinned to: the first ones that this process may use; nothing where there is no taskset. */
export async function pinToCores(cores: number): Promise<string[]> {
  try {
    const {stdout} = await run('taskset', ['-cp', String(process.pid)]);
    const allowed = stdout.slice(stdout.lastIndexOf(':') + 1).trim();
    return ['taskset', '-c', firstCores(allowed, cores)];
  } catch {
    return [];
  }
}

/** The first of a list such as `0-3,8`. */
export function firstCores(list: string, count: number): string {
  const all = list.split(',').flatMap(range => {
    const [low, high = low] = range.split('-').map(Number) as [number, number?];
    return Array.from({length: high! - low + 1}, (_, i) => low + i);
  });
  return all.slice(0, count).join();
}

/** This machine. @param versions of what computes on it */
export const describeMachine = (versions: Readonly<Record<string, string>>): MachineInfo => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memory: Math.round(totalmem() / 2 ** 30),
  flags: vectorFlags(cpuinfo()),
  versions,
});
