/** Node's own number; with fewer, reading waits for decoding. */
const MIN_THREADS = 4;

/**
 * Threads that Node reads, and sharp decodes with: what `--workers` says, here already since nothing may be imported before; else what the
 * user has set, else one for each core. The command line is checked later.
 * @returns a value for UV_THREADPOOL_SIZE
 */
function threadPoolSize(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  cores: number,
): string {
  const flagValues = args.flatMap((arg, i) =>
    arg === '--workers' ? [args[i + 1]] : arg.startsWith('--workers=') ? [arg.slice(10)] : [],
  );
  const requestedSize = [flagValues.at(-1), environment.FINETUNE_WORKERS].find(value =>
    /^\d+$/.test(value ?? ''),
  );
  return requestedSize ?? environment.UV_THREADPOOL_SIZE ?? String(Math.max(MIN_THREADS, cores));
}

export = threadPoolSize;
