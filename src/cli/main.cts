#!/usr/bin/env node
// CommonJS, because importing an ES module starts Node's thread pool, which fixes the number of threads.
import nodeModule = require('node:module');
import os = require('node:os');
import containerLimits = require('../core/container-limits.cjs');
import threadPoolSize = require('./thread-pool-size.cjs');

const cores = Math.min(
  os.availableParallelism(),
  Math.ceil(containerLimits().cores?.value ?? Infinity),
);
process.env.UV_THREADPOOL_SIZE = threadPoolSize(process.argv.slice(2), process.env, cores);
// Missing before Node 22.1. Halves the load time of everything imported after it.
(nodeModule as {enableCompileCache?: () => void}).enableCompileCache?.();
void import('./run-process.js').then(({runProcess}) => runProcess());
