#!/usr/bin/env node
// CommonJS, since the import of an ES module starts Node's pool of threads, and their number is fixed by then.
import nodeModule = require('node:module');
import os = require('node:os');
import containerLimits = require('../core/container-limits.cjs');
import threadPoolSize = require('./thread-pool-size.cjs');

const cores = Math.min(
  os.availableParallelism(),
  Math.ceil(containerLimits().cores?.value ?? Infinity),
);
process.env.UV_THREADPOOL_SIZE = threadPoolSize(process.argv.slice(2), process.env, cores);
// Absent before Node 22.1. Halves the start of everything that is imported after it.
(nodeModule as {enableCompileCache?: () => void}).enableCompileCache?.();
void import('./run-process.js').then(({runProcess}) => runProcess());
