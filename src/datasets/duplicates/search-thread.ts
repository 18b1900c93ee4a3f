import {parentPort, workerData} from 'node:worker_threads';
import {PrintSearch, type PrintSet} from './hash-search.js';

const search = new PrintSearch(workerData as PrintSet);

/** From one print to another, the last left out. */
export type PrintRange = readonly [from: number, end: number];

// Answers each range with the pairs found, ranges in their order.
parentPort!.on('message', ([from, end]: PrintRange) =>
  parentPort!.postMessage(search.pairs(from, end)),
);
