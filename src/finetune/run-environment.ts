import {cpus} from 'node:os';
import {resources} from '../core/resources.js';
import {VERSION} from '../core/version.js';
import type {EngineInfo} from '../engine/runtime.js';

/** To a tenth. */
const gib = (bytes: number): number => Math.round((10 * bytes) / 2 ** 30) / 10;

/** The machine and the software, for whoever wants the same numbers again. */
export const environmentOf = (engine: EngineInfo, {cores, memory} = resources()): Readonly<Record<string, unknown>> => ({
  finetune: VERSION,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  // The host's own figures, and what a container allows of them.
  cores: cores.host,
  coresLimit: cores.limit ?? null,
  coresLimitFrom: cores.limitFrom ?? null,
  memoryGiB: gib(memory.host),
  memoryLimitGiB: memory.limit === undefined ? null : gib(memory.limit),
  memoryLimitFrom: memory.limitFrom ?? null,
  ...engine,
});
