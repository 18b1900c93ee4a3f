import os from 'node:os';
import containerLimits from './container-limits.cjs';

/** Something that the host has, and what of it this process may use. */
export interface Resource {
  readonly host: number;
  /** Where a container, or whatever started the process, allows less. */
  readonly limit?: number;
  /** Where that is written: `/sys/fs/cgroup/memory.max`. */
  readonly limitSource?: string;
}

/** What this process can count on. */
export interface SystemResources {
  /** Bytes. */
  readonly memory: Resource;
  /** Bytes that can be had now; cached pages of files count as free. */
  readonly memoryFree: number;
  /** Processors; a limit may be a fraction. */
  readonly cores: Resource;
}

/** What the system says of the host, and Node of the process. */
export interface HostInfo {
  readonly memory: number;
  readonly free: number;
  readonly cores: number;
  /** Processors that the process may run on. */
  readonly allowedCores: number;
  /** Bytes, or something huge or 0 where there is no limit. */
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
 * Memory and processors of the host, and what a container allows of them.
 * @param root in place of `/`, under which `proc` and `sys` are read
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
  // In this order, so that of two equal figures the file is named.
  const memoryResource = toResource(host.memory, [...(memory ? [memory] : []), processLimits[0]]);
  return {
    memory: memoryResource,
    memoryFree: Math.min(host.free, memoryAvailable, usableAmount(memoryResource)),
    cores: toResource(host.cores, [...(cores ? [cores] : []), processLimits[1]]),
  };
}

/** What there is under the limit. */
export const usableAmount = ({host, limit = host}: Resource): number => limit;

/** Bytes of memory under the limit. */
export const usableMemory = (): number => usableAmount(readSystemResources().memory);

/** Threads that compute without waiting for each other: a container of 1.5 processors has 2. */
export const usableCores = (
  {cores}: Pick<SystemResources, 'cores'> = readSystemResources(),
): number => Math.max(1, Math.ceil(usableAmount(cores)));

/** Node's default. */
const DEFAULT_POOL_SIZE = 4;

/** Threads of Node's pool, on which sharp decodes and files are read: more images at once than these only wait. */
export const threadPoolSize = (environment: NodeJS.ProcessEnv = process.env): number =>
  Number(environment.UV_THREADPOOL_SIZE) || DEFAULT_POOL_SIZE;
