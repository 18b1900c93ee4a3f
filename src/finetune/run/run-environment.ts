import {cpus} from 'node:os';
import {readSystemResources} from '../../core/system-resources.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import type {BackendInfo} from '../../backend/runtime/runtime.js';

/** To a tenth. */
const toGiB = (bytes: number): number => Math.round((10 * bytes) / 2 ** 30) / 10;

/** The machine and the software, for whoever wants the same numbers again. */
export const describeEnvironment = (
  backend: BackendInfo,
  {cores, memory} = readSystemResources(),
): Readonly<Record<string, unknown>> => ({
  finetune: PACKAGE_VERSION,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  // The host's own figures, and what a container allows of them.
  cores: cores.host,
  coresLimit: cores.limit ?? null,
  coresLimitSource: cores.limitSource ?? null,
  memoryGiB: toGiB(memory.host),
  memoryLimitGiB: memory.limit === undefined ? null : toGiB(memory.limit),
  memoryLimitSource: memory.limitSource ?? null,
  ...backend,
});
