import {parentPort, workerData} from 'node:worker_threads';
import {DuplicateSearch, type FingerprintSet} from './hash-search.js';

const search = new DuplicateSearch(workerData as FingerprintSet);

/** From one fingerprint to another, without the last. */
export type FingerprintRange = readonly [from: number, end: number];

// Answers each range with the pairs found, ranges in their order.
parentPort!.on('message', ([from, end]: FingerprintRange) =>
  parentPort!.postMessage(search.pairs(from, end)),
);
