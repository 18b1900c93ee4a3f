import os from 'node:os';
import containerLimits from './container-limits.cjs';

/** Something that the host has, and what of it this process may use. */
export interface Resource {
  readonly host: number;
  /** Where a container, or whatever started the process, allows less. */
  readonly limit?: number;
  /** Where that is written: `/sys/fs/cgroup/memory.max`. */
  readonly limitFrom?: string;
}

/** What this process can count on. */
export interface Resources {
  /** Bytes. */
  readonly memory: Resource;
  /** Bytes that can be had now; cached pages of files count as free. */
  readonly memoryFree: number;
  /** Processors; a limit may be a fraction. */
  readonly cores: Resource;
}

/** What the system says of the host, and Node of the process. */
export interface Host {
  readonly memory: number;
  readonly free: number;
  readonly cores: number;
  /** Processors that the process may run on. */
  readonly allowedCores: number;
  /** Bytes, or something huge or 0 where there is no limit. */
  readonly constrained: number;
}

const thisHost = (): Host => ({
  memory: os.totalmem(),
  free: os.freemem(),
  cores: os.cpus().length,
  allowedCores: os.availableParallelism(),
  constrained: process.constrainedMemory(),
});

function resource(host: number, limits: readonly {readonly value: number; readonly from: string}[]): Resource {
  const lower = limits.filter(({value}) => value > 0 && value < host).sort((a, b) => a.value - b.value)[0];
  return lower === undefined ? {host} : {host, limit: lower.value, limitFrom: lower.from};
}

/**
 * Memory and processors of the host, and what a container allows of them.
 * @param root in place of `/`, under which `proc` and `sys` are read
 */
export function resources(root?: string, host: Host = thisHost()): Resources {
  const {memory, memoryLeft = Infinity, cores} = containerLimits(root);
  const allowed = [
    {value: host.constrained, from: 'process.constrainedMemory()'},
    {value: host.allowedCores, from: 'the processors it may run on'},
  ] as const;
  // In this order, so that of two equal figures the file is named.
  const inMemory = resource(host.memory, [...(memory ? [memory] : []), allowed[0]]);
  return {
    memory: inMemory,
    memoryFree: Math.min(host.free, memoryLeft, usable(inMemory)),
    cores: resource(host.cores, [...(cores ? [cores] : []), allowed[1]]),
  };
}

/** What there is under the limit. */
export const usable = ({host, limit = host}: Resource): number => limit;

/** Bytes of memory under the limit. */
export const usableMemory = (): number => usable(resources().memory);

/** Threads that compute without waiting for each other: a container of 1.5 processors has 2. */
export const usableCores = ({cores}: Pick<Resources, 'cores'> = resources()): number => Math.max(1, Math.ceil(usable(cores)));
