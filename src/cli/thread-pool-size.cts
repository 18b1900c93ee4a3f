/** Node's default. With fewer threads, reading waits for decoding. */
const MIN_THREADS = 4;

/**
 * Number of threads that Node reads with and sharp decodes with: `--workers`, else the user's variable, else one per core. The command line
 * is parsed here already because nothing may be imported earlier. It is validated later.
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
