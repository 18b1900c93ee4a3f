/** The child process of list-backends.ts: `node benchmark-process.js BACKEND DEVICE`. It prints a `BackendBenchmark` as its last line. */
import type {BackendName} from './backend-info.js';
import {benchmarkBackend} from './benchmark.js';
import {startBackend} from './runtime.js';

/** Seconds of each of the two measurements. */
const SECONDS = 0.5;

const [backend, device] = process.argv.slice(2) as [BackendName, 'cpu' | 'gpu'];
const info = await startBackend({backend, device, install: false, offline: true});
console.log(JSON.stringify(benchmarkBackend(info, SECONDS)));
