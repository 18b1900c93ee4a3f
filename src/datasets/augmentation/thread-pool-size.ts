/** What Node takes where nothing was said before it started. */
const NODES_OWN = 4;

/** Threads of Node's pool, on which sharp decodes and files are read: more images at once than these only wait. */
export const poolThreads = (environment: NodeJS.ProcessEnv = process.env): number =>
  Number(environment.UV_THREADPOOL_SIZE) || NODES_OWN;
