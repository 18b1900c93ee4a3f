import {poolThreads} from '../datasets/pool-threads.js';
import type {EngineInfo} from '../engine/engine-info.js';
import {plural} from '../report/format.js';

/** `decoding with 4 threads, TensorFlow computes with 2` */
export function threadsSentence(workers: number | undefined, {engine, threads}: EngineInfo, environment = process.env): string {
  const available = poolThreads(environment);
  const decoding = plural(Math.min(workers ?? available, available), 'thread');
  return `decoding with ${decoding}, ${engine === 'tensorflow' ? 'TensorFlow' : 'the portable engine'} computes with ${threads}`;
}
