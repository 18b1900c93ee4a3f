/** Node's own number; with fewer, reading waits for decoding. */
const LEAST = 4;

/**
 * Threads that Node reads, and sharp decodes with: what `--workers` says, here already since nothing may be imported before; else what the
 * user has set, else one for each core. The command line is checked later.
 * @returns a value for UV_THREADPOOL_SIZE
 */
function poolSize(words: readonly string[], environment: NodeJS.ProcessEnv, cores: number): string {
  const typed = words.flatMap((word, i) => (word === '--workers' ? [words[i + 1]] : word.startsWith('--workers=') ? [word.slice(10)] : []));
  const said = [typed.at(-1), environment.FINETUNE_WORKERS].find(value => /^\d+$/.test(value ?? ''));
  return said ?? environment.UV_THREADPOOL_SIZE ?? String(Math.max(LEAST, cores));
}

export = poolSize;
