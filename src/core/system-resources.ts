import os from 'node:os';
import containerLimits from './container-limits.cjs';

/** A resource of the host, and how much of it this process may use. */
export interface Resource {
  readonly host: number;
  /** The limit of a container or of the process, if lower than the host's value. */
  readonly limit?: number;
  /** Source of the limit: `/sys/fs/cgroup/memory.max`. */
  readonly limitSource?: string;
}

/** Memory and processors that this process can use. */
export interface SystemResources {
  /** Memory in bytes. */
  readonly memory: Resource;
  /** Memory available now, in bytes. Cached file pages count as free. */
  readonly memoryFree: number;
  /** Number of processors. A limit may be fractional. */
  readonly cores: Resource;
}

/** Values reported by the system and by Node. */
export interface HostInfo {
  readonly memory: number;
  readonly free: number;
  readonly cores: number;
  /** Processors that the process may run on (CPU affinity). */
  readonly allowedCores: number;
  /** Memory limit in bytes; 0 or a huge number if there is none. */
  readonly constrainedMemory: number;
}

const readHostInfo = (): HostInfo => ({
  memory: os.totalmem(),
  free: os.freemem(),
  cores: os.cpus().length,
  allowedCores: os.availableParallelism(),
  constrainedMemory: process.constrainedMemory(),
});

function toResource(
  host: number,
  limits: readonly {readonly value: number; readonly source: string}[],
): Resource {
  const lowestLimit = limits
    .filter(({value}) => value > 0 && value < host)
    .sort((a, b) => a.value - b.value)[0];
  return lowestLimit === undefined
    ? {host}
    : {host, limit: lowestLimit.value, limitSource: lowestLimit.source};
}

/**
 * Reads memory and processors of the host and their container limits.
 * @param root replaces `/` as the parent of `proc` and `sys`
 */
export function readSystemResources(
  root?: string,
  host: HostInfo = readHostInfo(),
): SystemResources {
  const {memory, memoryAvailable = Infinity, cores} = containerLimits(root);
  const processLimits = [
    {value: host.constrainedMemory, source: 'process.constrainedMemory()'},
    {value: host.allowedCores, source: 'the processors it may run on'},
  ] as const;
  // The container limit comes first, so that a tie names its file.
  const memoryResource = toResource(host.memory, [...(memory ? [memory] : []), processLimits[0]]);
  return {
    memory: memoryResource,
    memoryFree: Math.min(host.free, memoryAvailable, usableAmount(memoryResource)),
    cores: toResource(host.cores, [...(cores ? [cores] : []), processLimits[1]]),
  };
}

/** The amount within the limit. */
export const usableAmount = ({host, limit = host}: Resource): number => limit;

/** Usable memory in bytes. */
export const usableMemory = (): number => usableAmount(readSystemResources().memory);

/** Number of threads that can compute in parallel. A container limited to 1.5 processors has 2. */
export const usableCores = (
  {cores}: Pick<SystemResources, 'cores'> = readSystemResources(),
): number => Math.max(1, Math.ceil(usableAmount(cores)));

/** Node's default. */
const DEFAULT_POOL_SIZE = 4;

/** Size of Node's thread pool, which sharp's decoders and file reads share. More concurrent images than this only wait. */
export const threadPoolSize = (environment: NodeJS.ProcessEnv = process.env): number =>
  Number(environment.UV_THREADPOOL_SIZE) || DEFAULT_POOL_SIZE;
