import {availableParallelism} from 'node:os';
import type {EngineInfo} from '../engine/engine-info.js';
import {plural} from '../report/format.js';

/** What Node takes where nothing was said when it started. */
const NODES_OWN = 4;

/** Threads that decode: as many as asked for, or as there are cores, but no more than Node was started with (pool-size.cts). */
export const decodingThreads = (workers = availableParallelism(), environment = process.env): number =>
  Math.min(workers, Number(environment.UV_THREADPOOL_SIZE) || NODES_OWN);

/** `decoding with 2 threads, TensorFlow computes with 2` */
export const threadsSentence = (workers: number | undefined, {engine, threads}: EngineInfo): string =>
  `decoding with ${plural(decodingThreads(workers), 'thread')}, ${engine === 'tensorflow' ? 'TensorFlow' : 'the portable engine'} computes with ${threads}`;
