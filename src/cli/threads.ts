import {poolThreads} from '../datasets/pool-threads.js';
import type {BackendInfo} from '../engine/engine-info.js';
import {formatCount} from '../report/format.js';

/** `decoding with 4 threads, TensorFlow computes with 2` */
export function formatThreads(workers: number | undefined, {backend, threads}: BackendInfo, environment = process.env): string {
  const available = poolThreads(environment);
  const decodeThreads = formatCount(Math.min(workers ?? available, available), 'thread');
  return `decoding with ${decodeThreads}, ${backend === 'tensorflow' ? 'TensorFlow' : 'the portable engine'} computes with ${threads}`;
}
