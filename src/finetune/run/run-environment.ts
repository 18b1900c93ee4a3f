import {cpus} from 'node:os';
import {readSystemResources} from '../../core/system-resources.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import type {BackendInfo} from '../../backend/runtime/runtime.js';

/** GiB, rounded to a tenth. */
const toGiB = (bytes: number): number => Math.round((10 * bytes) / 2 ** 30) / 10;

/** Description of machine and software, for reproducing the results. */
export const describeEnvironment = (
  backend: BackendInfo,
  {cores, memory} = readSystemResources(),
): Readonly<Record<string, unknown>> => ({
  finetune: PACKAGE_VERSION,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  // Resources of the host, and the limits of a container.
  cores: cores.host,
  coresLimit: cores.limit ?? null,
  coresLimitSource: cores.limitSource ?? null,
  memoryGiB: toGiB(memory.host),
  memoryLimitGiB: memory.limit === undefined ? null : toGiB(memory.limit),
  memoryLimitSource: memory.limitSource ?? null,
  ...backend,
});
