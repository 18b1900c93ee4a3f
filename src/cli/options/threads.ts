import {threadPoolSize} from '../../core/system-resources.js';
import type {BackendInfo} from '../../backend/runtime/backend-info.js';
import {formatCount} from '../../report/format.js';

/** `decoding with 4 threads, TensorFlow computes with 2` */
export function formatThreads(
  workers: number | undefined,
  {backend, threads}: BackendInfo,
  environment = process.env,
): string {
  const available = threadPoolSize(environment);
  const decodeThreads = formatCount(Math.min(workers ?? available, available), 'thread');
  return `decoding with ${decodeThreads}, ${backend === 'tensorflow' ? 'TensorFlow' : 'the portable backend'} computes with ${threads}`;
}
