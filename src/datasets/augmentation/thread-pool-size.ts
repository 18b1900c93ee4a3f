/** Node's default. */
const NODE_DEFAULT = 4;

/** Threads of Node's pool, on which sharp decodes and files are read: more images at once than these only wait. */
export const threadPoolSize = (environment: NodeJS.ProcessEnv = process.env): number =>
  Number(environment.UV_THREADPOOL_SIZE) || NODE_DEFAULT;
