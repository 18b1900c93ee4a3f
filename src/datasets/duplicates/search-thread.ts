import {parentPort, workerData} from 'node:worker_threads';
import {DuplicateSearch, type FingerprintSet} from './hash-search.js';

const search = new DuplicateSearch(workerData as FingerprintSet);

/** A range of fingerprints; `end` is exclusive. */
export type FingerprintRange = readonly [from: number, end: number];

// Replies to each range with the pairs found, in the order of the ranges.
parentPort!.on('message', ([from, end]: FingerprintRange) =>
  parentPort!.postMessage(search.pairs(from, end)),
);
